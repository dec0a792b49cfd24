import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDurationMs } from '../../core/index.ts'
import { DEPLOY_STATES } from '../../metal/index.ts'
import { metalDeploy } from './metal-deploy.ts'

test('anneal metal deploy waits by default as long as the states of a deployment allow', () => {
  const { deploying, booting, proving } = DEPLOY_STATES
  const defaults = ['timeout', 'callback-timeout', 'ready-timeout'].map((name) => {
    const flag = metalDeploy.flags[name]
    return parseDurationMs(flag?.kind === 'text' ? (flag.default ?? '') : '')
  })
  assert.deepEqual(defaults, [deploying.deadlineMs, deploying.silenceMs, proving.deadlinesMs.awaitAnswer])
  assert.deepEqual([booting.deadlineMs, booting.silenceMs], [deploying.deadlineMs, deploying.silenceMs])
})
