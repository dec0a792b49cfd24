import assert from 'node:assert/strict'
import { test } from 'node:test'
import { together } from './together.ts'

/** Ends when its signal does, a turn later. */
function untilAborted(signal: AbortSignal, ended: string[]): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      ended.push('second')
      reject(signal.reason as Error)
    })
  })
}

test('what all give is given in their order', async () => {
  const later = new Promise<number>((resolve) => setImmediate(() => resolve(1)))
  assert.deepEqual(await together(undefined, () => [later, Promise.resolve('two')]), [1, 'two'])
})

test('the first failure ends the others, and is what is thrown when they have ended', async () => {
  const ended: string[] = []
  const first = new Error('first')
  const run = together(undefined, (signal) => [Promise.reject(first), untilAborted(signal, ended)])
  await assert.rejects(run, (error) => error === first)
  assert.deepEqual(ended, ['second'])
})

test('an abort reaches all of them, also one that came before', async () => {
  for (const when of ['before', 'after'] as const) {
    const ended: string[] = []
    const control = new AbortController()
    if (when === 'before') control.abort(new Error('enough'))
    const run = together(control.signal, (signal) => [
      signal.aborted ? Promise.reject(signal.reason as Error) : untilAborted(signal, ended),
    ])
    if (when === 'after') control.abort(new Error('enough'))
    await assert.rejects(run, /enough/)
  }
})
