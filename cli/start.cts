#!/usr/bin/env node
// The command `scaler-ecs`. Only syntax that old releases of Node.js can read, so that it can refuse them.

/** The oldest release that runs the program, as package.json says. */
const minimum = '20.19';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const [minMajor = 0, minMinor = 0] = minimum.split('.').map(Number);

if (major < minMajor || (major === minMajor && minor < minMinor)) {
  process.stderr.write(
    `scaler-ecs: needs Node.js ${minimum} or newer, this is ${process.versions.node}; install a newer one from https://nodejs.org\n`,
  );
  process.exitCode = 2;
} else {
  const { existsSync } = require('node:fs') as typeof import('node:fs');
  const [word = '', ...others] = process.argv.slice(2);
  const isFile = /[./]/.test(word) && !/^-|:\/\//.test(word);
  const asksForHelp = ['--help', '-h', '--version'].some((each) => others.includes(each));
  // What `run` needs, in a few files that are read quickly: the build makes them.
  const bundle = './bundle/runOnly.js';
  const isRun = (word === 'run' || isFile) && !asksForHelp;
  void (isRun && existsSync(`${__dirname}/${bundle}`) ? import(bundle) : import('./main.ts'));
}
