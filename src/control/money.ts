/** What the Fargate tasks cost. Null: not known. */
export interface Money {
  /** USD per hour of what runs now. */
  perHour: number | null;
  /** USD since the first start of this manager, as far as its journal goes back. */
  total: number | null;
  /** Records are missing: the true total is at least this. */
  isLowerBound: boolean;
  /** The limits in USD that hold launches, and what they are compared with. */
  limits: { name: string; usd: number; spent: number }[];
}
