/** A mutant by the line that it begins on and by what it changes there. */
export interface Survivor {
  line: string;
  change: string;
}

/** Mutants that no test can notice, or need notice; by file. */
export const survivors: { why: string; mutants: Record<string, Survivor[]> }[] = [];
