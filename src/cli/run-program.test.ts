import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

/** Runs a program with one command in a process of its own: it ends the process. */
function ended(
  body: string,
  ...flags: readonly string[]
): Readonly<{ status: number | null; stderr: string }> {
  const program = `
    import { command } from ${JSON.stringify(new URL('command.ts', import.meta.url).href)}
    import { runProgram } from ${JSON.stringify(new URL('run-program.ts', import.meta.url).href)}
    const one = command({
      path: ['wait'], summary: 'Wait', operands: '', count: { min: 0, max: 0 },
      flags: { json: { type: 'boolean', help: 'Print JSON' } }, run: async () => { ${body} },
    })
    await runProgram({ version: '1', commands: [{ path: ['wait'], load: async () => one }] }, process.argv.slice(1))`
  const argv = [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '-e',
    program,
    'wait',
    ...flags,
  ]
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' })
  return { status, stderr }
}

test('a command that waits for what cannot happen ends with an error, and not with a code of Node', () => {
  const said = ended('await new Promise(() => undefined)')
  assert.equal(said.status, 1)
  assert.match(said.stderr, /error: .*it waits for something that cannot happen any more/)
})

test('a command that ends keeps its exit code', () => {
  assert.deepEqual(ended('return 4'), { status: 4, stderr: '' })
})
