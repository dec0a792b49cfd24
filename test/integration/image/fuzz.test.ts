import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { replay, runTarget, targetFile, targetNames } from '../../fuzz/harness/index.ts'

/** Of all targets together: what CI can spare. */
const BUDGET_MS = 80_000
const LEAST_EXECUTIONS = 100

describe('fuzzing', () => {
  const names = targetNames()

  for (const name of names) {
    test(`${name} reads changed images without a crash, a hang, too much memory or a read outside`, async () => {
      const result = await runTarget(name, {
        file: targetFile(name),
        executions: Infinity,
        deadlineMs: BUDGET_MS / names.length,
        leastExecutions: LEAST_EXECUTIONS,
        randomSeed: 1,
        workers: 1,
      })
      assert.deepEqual(result.failures, [])
      assert.ok(result.executions >= LEAST_EXECUTIONS, `only ${result.executions} executions`)
      assert.ok(result.blocks >= 20, `only ${result.blocks} blocks of the reader were reached`)
    })
  }

  test('every format that is read has a target', () => {
    assert.ok(names.length >= 3, names.join(' '))
  })
})

describe('the harness finds', () => {
  for (const [bug, message] of Object.entries({
    crash: /^TypeError: Cannot read properties of undefined/,
    hang: /^Hang: /,
    memory: /^Memory: /,
    outside: /^ReadOutside: 8 bytes at 60 were read, of an image of 64/,
    stray: /^Error: nobody waits for this/,
  })) {
    test(`a planted ${bug}, behind a checksum and two fields, and what it writes down does it again`, async () => {
      const file = join(import.meta.dirname, `../../fuzz/harness/planted/${bug}.ts`)
      const failures: string[] = []
      const result = await runTarget('planted', {
        file,
        executions: 200_000,
        deadlineMs: 20_000,
        randomSeed: 1,
        workers: 1,
        mostFailures: 1,
        onFailure: (failure) => void failures.push(failure.message),
      })
      const [failure] = result.failures
      assert.ok(failure !== undefined, `not found in ${result.executions} executions`)
      assert.match(failure.message, message)
      assert.deepEqual(failures, [failure.message])
      // Two fields have to be set: what else was changed on the way is left out again.
      assert.equal(failure.input.mutations.length, 2)
      assert.match((await replay(file, failure))?.message ?? '', message)
    })
  }
})
