import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import type { AnnealError } from '../../core/index.ts'
import { runOne } from '../testing/index.ts'
import type { Told } from '../testing/index.ts'
import { nodeImport } from './node-import.ts'

const run = (...words: readonly string[]): Promise<Told> => runOne(nodeImport, ...words)

async function refusal(...words: readonly string[]): Promise<AnnealError> {
  try {
    await run(...words)
  } catch (error) {
    if (isAnnealError(error)) return error
    throw error
  }
  throw new assert.AssertionError({ message: `anneal node import ${words.join(' ')} was accepted` })
}

test('an import lists what refuses first, ends with the count, and exits with 0', async () => {
  const { stderr, exit } = await run('--', 'docker', 'run', '--net=host', '-v', 'a/b:/x', 'nova')
  const lines = stderr.trimEnd().split('\n')
  assert.match(lines[0] ?? '', /^refuse {2}IMPORT_INCOMPLETE {2}nova: volumes\[0\]: Cannot mount "a\/b"/)
  assert.equal(lines.at(-1), '1 of 2 findings would refuse a release')
  assert.equal(exit, 0)
})

test('a container that must be called otherwise as a service is reported', async () => {
  const { stderr } = await run('--', 'docker', 'run', '--net=host', '--name', 'a/b', 'x/nova:1')
  assert.match(stderr, /SERVICE_RENAMED {2}a-b: the name of the container is "a\/b"/)
  const same = await run('--', 'docker', 'run', '--net=host', '--name', 'ab', 'x/nova:1')
  assert.doesNotMatch(same.stderr, /SERVICE_RENAMED/)
})

test('a project name that a release cannot have is refused before anything is printed', async () => {
  const { code, exit } = await refusal('--project', 'Bad Name', '--', 'docker', 'run', 'x/nova:1')
  assert.deepEqual([code, exit], ['NAME_INVALID', 2])
})

test('a command that starts no container is quoted, without what may be a secret', async () => {
  const { code, message } = await refusal('--', 'docker', 'runn', '-e', 'PASSWORD=tiger', 'x')
  assert.equal(code, 'IMPORT_NO_COMMAND')
  assert.match(message, /^Cannot import `docker runn …`: that is no `docker run`/)
})

test('flags of docker without -- before its command get that remedy; flags of nobody do not', async () => {
  const { exit, remedy } = await refusal('docker', 'run', '-d', 'nova')
  assert.equal(exit, 2)
  assert.match(
    remedy,
    /^write `--` before the command of the other program: `anneal node import -- docker …`/,
  )
  assert.equal((await refusal('fig.yml', '--colour')).remedy, 'see `anneal node import --help`')
})

test('words that are no command of an engine are quoted', async () => {
  assert.match((await refusal('--', 'dokcer', 'run', 'x')).message, /not "dokcer" with more behind it$/)
})

test('standard input is not read, and the message says so', async () => {
  assert.match((await refusal('-')).message, /"-": it does not exist, and standard input is not read/)
})
