/** What a launch asks its cohort when its turn has come: whether it is still to be sent. */
export interface LaunchTurn {
  type: 'launch.turn';
  label: string;
  at: number;
}

/** An attempt has got no answer: a list of our tasks may show what it has started. */
export interface LaunchUnanswered {
  type: 'launch.unanswered';
  label: string;
}
