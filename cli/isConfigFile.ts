/** A word that looks like a file is a configuration of Scaler's; commands and addresses do not. */
export const isConfigFile = (word: string): boolean => /[./]/.test(word) && !/^-|:\/\//.test(word);
