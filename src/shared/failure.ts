/** The base of our errors. `kind` alone may steer a machine; the message is for people. */
export abstract class Failure extends Error {
  abstract readonly kind: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
