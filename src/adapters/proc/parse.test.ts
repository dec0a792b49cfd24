import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingCapabilities } from './host-reader.ts'
import { overlayUpperDir, parseMountInfo } from './mountinfo.ts'
import { parseStat } from './parse-stat.ts'

const TAIL = '1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0'

test('a comm with blanks and parentheses does not shift the fields', () => {
  const stat = parseStat(`42 (a) S (b) c) R ${TAIL}`)
  assert.deepEqual(stat, {
    pid: 42,
    name: 'a) S (b) c',
    state: 'R',
    ppid: 1,
    startTicks: 4711,
    kernelThread: false,
  })
})

test('a process with a controlling terminal has its groups, and another process has none', () => {
  const tail = `-1 4194560 ${'0 '.repeat(12)}4711 0`
  assert.equal(parseStat(`42 (x) S 1 42 42 0 ${tail}`)?.terminal, undefined)
  assert.deepEqual(parseStat(`332 (x) S 1 332 319 34816 ${tail.replace('-1', '319')}`)?.terminal, {
    session: 319,
    group: 332,
    foreground: 319,
  })
})

test('a kernel thread is recognised by its flag, not by its name', () => {
  assert.equal(parseStat(`2 (kthreadd) S 0 0 0 0 -1 2129984 ${'0 '.repeat(12)}9 0`)?.kernelThread, true)
})

test('a truncated stat line is refused', () => {
  assert.equal(parseStat('42 (x) R 1 1'), undefined)
  assert.equal(parseStat(''), undefined)
})

test('the upper directory is that of the overlay on the root, and no other', () => {
  const bind = '600 500 0:50 / /var/lib/docker overlay rw - overlay overlay rw,upperdir=/wrong,workdir=/w'
  const root =
    '500 400 0:49 / / rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/up/a\\040b/diff,workdir=/w'
  assert.equal(overlayUpperDir(parseMountInfo(`${bind}\n${root}\n`)), '/up/a b/diff')
  assert.equal(overlayUpperDir(parseMountInfo('27 1 254:0 / / rw - ext4 /dev/vda rw\n')), undefined)
})

test('optional fields of a mount do not shift its type', () => {
  const [mount] = parseMountInfo(
    '30 23 0:26 /docker/x /sys/fs/cgroup/cpu rw shared:7 master:2 - cgroup cgroup rw,cpu',
  )
  assert.deepEqual(mount, {
    root: '/docker/x',
    mountPoint: '/sys/fs/cgroup/cpu',
    fsType: 'cgroup',
    source: 'cgroup',
    superOptions: ['rw', 'cpu'],
  })
})

test('the bounding set is compared with what the kernel has', () => {
  assert.deepEqual(missingCapabilities('CapBnd:\t000001fffeffffff\n', 40), ['CAP_SYS_RESOURCE'])
  assert.deepEqual(missingCapabilities('CapBnd:\t0000000000000003\n', 2), ['CAP_DAC_READ_SEARCH'])
})
