import assert from 'node:assert/strict'
import { test } from 'node:test'
import { livesSince, parseGuestLog } from './guest-log.ts'

const LOG = `2026-11-29 02:00:00.000+0000: starting up libvirt version: 9.0.0, package: 9.0.0-4, qemu version: 7.2.22
LC_ALL=C \\
/usr/bin/qemu-system-x86_64 \\
-name guest=one,debug-threads=on
2026-11-29T02:10:00.000000Z qemu-system-x86_64: terminating on signal 15 from pid 77 (/usr/sbin/libvirtd)
2026-11-29 02:10:00.200+0000: shutting down, reason=destroyed
2026-11-29 02:20:00.000+0000: starting up libvirt version: 9.0.0
2026-11-29T02:30:00.000000Z qemu-system-x86_64: terminating on signal 15 from pid 4711 (crun kill)
2026-11-29 02:30:00.100+0000: shutting down, reason=shutdown
2026-11-29 02:31:00.000+0000: starting up libvirt version: 9.0.0
`

const at = (time: string): number => Date.parse(`2026-11-29T${time}Z`)

test('a log tells of each life of a guest: its start, the signals, and what libvirt said at its end', () => {
  assert.deepEqual(parseGuestLog(LOG), [
    {
      startedAt: at('02:00:00'),
      signals: [{ signal: 15, pid: 77, program: '/usr/sbin/libvirtd' }],
      ended: { at: at('02:10:00.200'), reason: 'destroyed' },
    },
    {
      startedAt: at('02:20:00'),
      signals: [{ signal: 15, pid: 4711, program: 'crun kill' }],
      ended: { at: at('02:30:00.100'), reason: 'shutdown' },
    },
    { startedAt: at('02:31:00'), signals: [], ended: undefined },
  ])
})

test('the life at a time is found, also where the log begins within it or the next has just begun', () => {
  const lives = parseGuestLog(LOG)
  assert.equal(livesSince(lives, at('02:05:00'))[0], lives[0])
  assert.equal(livesSince(lives, at('02:29:59'))[0], lives[1])
  // Between two lives nobody runs: a guest that was seen then is the one that started next.
  assert.equal(livesSince(lives, at('02:15:00'))[0], lives[1])
  assert.equal(livesSince(lives, at('02:40:00'))[0], lives[2])
  assert.equal(livesSince(lives, at('01:00:00'))[0], lives[0])
  assert.equal(livesSince(lives, at('02:05:00')).length, 3)
  // Seen in the very millisecond in which its tenant ends it and starts it again: it is the first of the two.
  const again = parseGuestLog(LOG.replace('02:20:00.000', '02:10:00.200'))
  assert.equal(livesSince(again, Date.parse('2026-11-29T02:10:00.200Z'))[0], again[0])
  const cut = parseGuestLog(LOG.slice(LOG.indexOf('2026-11-29T02:10')))
  assert.equal(livesSince(cut, at('02:05:00'))[0], cut[0])
  assert.equal(cut[0]?.startedAt, undefined)
  assert.equal(livesSince([], at('02:05:00'))[0], undefined)
})

test('messages without a date, of another name and of an older QEMU are understood', () => {
  const signals = (line: string): unknown => parseGuestLog(line)[0]?.signals
  const by = (pid: number, program: string): unknown => [{ signal: 15, pid, program }]
  assert.deepEqual(
    signals('qemu-system-x86_64: terminating on signal 15 from pid 1 (<unknown process>)'),
    by(1, '<unknown process>'),
  )
  assert.deepEqual(signals('qemu-kvm: terminating on signal 15 from pid 9'), by(9, ''))
  assert.deepEqual(signals('2026-11-29T02:00:00Z kvm: terminating on signal 15'), by(0, ''))
  assert.equal(signals('warning: terminating on signal 15 from pid 9'), undefined)
})
