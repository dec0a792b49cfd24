import assert from 'node:assert/strict'
import { test } from 'node:test'
import { currentForm } from './earlier-forms.ts'

for (const [before, now] of [
  ['up node1', 'host up node1'],
  ['down node1', 'host down node1'],
  ['up node1 --podman', 'host up node1 --engine=podman'],
  ['host up --both --plain', 'host up --engine=both --plain'],
  ['help', '--help'],
  ['up --nodes 2', 'up --nodes 2'],
  ['down', 'down'],
  ['host shell node1 run --docker', 'host shell node1 run --docker'],
] as const) {
  test(`"anneal lab ${before}" means "anneal lab ${now}"`, () => {
    assert.deepEqual(currentForm(before.split(' ')), now.split(' '))
  })
}
