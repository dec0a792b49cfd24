import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bootDiskScript, pitDivisor } from './boot-sector.ts'
import { domainXml, guestUuid } from './domain-xml.ts'
import { parseTicks, tickGaps } from './guest.ts'

test('a last tick that is still being written is left out', () => {
  assert.deepEqual(parseTicks('T 0 1000\nT 1 21000\nT 2 41'), [
    { number: 0, microseconds: 1000 },
    { number: 1, microseconds: 21_000 },
  ])
})

test('a guest that stood still shows as a gap in time, a lost tick as a gap in the numbers', () => {
  assert.deepEqual(tickGaps(parseTicks('T 0 0\nT 1 20000\nT 2 520000\nT 3 540000\n')), {
    longestMs: 500,
    lost: 0,
  })
  assert.deepEqual(tickGaps(parseTicks('T 0 0\nT 3 60000\n')), { longestMs: 60, lost: 2 })
  assert.deepEqual(tickGaps([]), { longestMs: 0, lost: 0 })
})

test('a guest keeps its UUID by its name, in the form of version 4', () => {
  assert.equal(guestUuid('vm'), guestUuid('vm'))
  assert.notEqual(guestUuid('vm'), guestUuid('vm2'))
  assert.match(guestUuid('vm'), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('the console is a file or, as Nova writes it, a pty with a log; the ticks leave by a device of their own', () => {
  const file = domainXml({ name: 'vm' })
  const logd = domainXml({ name: 'vm', console: 'logd' })
  assert.match(file, /<serial type='file'><source path='\/var\/lib\/nova\/instances\/vm\/console.log'\/>/)
  assert.match(
    logd,
    /<serial type='pty'><log file='\/var\/lib\/nova\/instances\/vm\/console.log' append='off'\/>/,
  )
  for (const xml of [file, logd]) assert.match(xml, /file,id=tick,path=\/var\/lib\/nova\/instances\/vm\/tick/)
})

test('a guest that boots a sector has a disk and a clock to date its ticks by, and no kernel', () => {
  const xml = domainXml({ name: 'vm', boots: 'sector' })
  assert.match(xml, /<source file='\/var\/lib\/nova\/instances\/vm\/disk'\/>/)
  assert.match(xml, /<timer name='hpet' present='yes'\/>/)
  assert.doesNotMatch(xml, /<kernel>/)
  assert.doesNotMatch(domainXml({ name: 'vm' }), /<disk|<clock/)
})

test('the time between ticks is a divisor of the PIT, which has 16 bits', () => {
  assert.equal(pitDivisor(20), 23_864)
  assert.match(bootDiskScript(20), /printf '\\x38\\x5d' \| dd of="\$2" bs=1 seek=508 /)
  assert.throws(() => pitDivisor(55), RangeError)
  assert.throws(() => pitDivisor(0), RangeError)
})
