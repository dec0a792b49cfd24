/** Switches of `host up` that `--engine` has replaced. */
const ENGINES = new Set(['--docker', '--podman', '--both'])

/**
 * Command lines of earlier versions, as they are written now: `up node1` was short for `host up node1` (an OpenStack lab
 * takes no operand), `help` for `--help`, and `host up --podman` is `host up --engine podman`.
 */
export function currentForm(argv: readonly string[]): readonly string[] {
  const [word, ...rest] = argv
  if (word === 'help') return ['--help']
  if ((word === 'up' || word === 'down') && /^[^-]/.test(rest[0] ?? '')) return currentForm(['host', ...argv])
  if (word !== 'host' || rest[0] !== 'up') return argv
  return argv.map((one) => (ENGINES.has(one) ? `--engine=${one.slice(2)}` : one))
}
