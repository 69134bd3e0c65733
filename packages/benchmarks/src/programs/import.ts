/** CPU milliseconds of a process that imports the given module, or nothing. */
const [specifier] = process.argv.slice(2);
if (specifier) await import(specifier);
const { user, system } = process.cpuUsage();
console.log((user + system) / 1000);
