/** Base class of this program's errors. Code may branch on `kind` only; the message is for people. */
export abstract class Failure extends Error {
  abstract readonly kind: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
