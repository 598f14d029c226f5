// What the benchmark says in the terminal.

/** @param {string} text the beginning of something new */
export function say(text) {
  print('', text);
}

/** @param {string[]} lines */
export function print(...lines) {
  process.stdout.write(`${lines.join('\n')}\n`);
}
