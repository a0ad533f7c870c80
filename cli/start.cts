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
  void import('./main.ts');
}
