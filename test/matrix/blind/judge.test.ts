import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from './judge.ts'
import type { Said, Seen } from './judge.ts'
import { generate } from './node-arbitrary.ts'

const said = (changes: Partial<Said> = {}): Said => ({
  exitCode: 0,
  doomed: [],
  endangered: [],
  census: [],
  ...changes,
})
const guest = (lived: boolean): Seen => ({ role: 'guest', label: 'g', pid: 7, lived })
const bystander = (lived: boolean): Seen => ({ role: 'bystander', label: 'b', pid: 8, lived })

test('a guest that dies unsaid is a false safe, also where the kill set names it and the census does not', () => {
  assert.equal(judge(said(), [guest(false)]).verdict, 'FALSE SAFE')
  assert.equal(judge(said({ doomed: [7] }), [guest(false)]).verdict, 'FALSE SAFE')
  assert.equal(judge(said({ doomed: [7], endangered: [7] }), [guest(false)]).verdict, 'agree')
})

test('another process that dies has to be in the kill set, and need not be in the census', () => {
  assert.equal(judge(said(), [bystander(false)]).verdict, 'FALSE SAFE')
  assert.equal(judge(said({ doomed: [8] }), [bystander(false)]).verdict, 'agree')
})

test('who was said to die and lives is a false alarm, unless another one died unsaid', () => {
  assert.equal(judge(said({ doomed: [8] }), [bystander(true)]).verdict, 'false alarm')
  assert.equal(judge(said({ doomed: [8] }), [bystander(true), guest(false)]).verdict, 'FALSE SAFE')
})

test('the same seed gives the same nodes, another one others', () => {
  assert.deepEqual(generate(20, 5), generate(20, 5))
  assert.notDeepEqual(generate(20, 5), generate(20, 6))
})
