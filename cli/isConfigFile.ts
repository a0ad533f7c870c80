/** Whether the first argument is a configuration file: it contains a dot or slash and is no flag and no address. */
export function isConfigFile(argument: string): boolean {
  return /[./]/.test(argument) && !/^-|:\/\//.test(argument);
}
