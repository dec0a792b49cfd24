import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KillSet } from '../kill-set/index.ts'
import type { ProcessTable } from '../process.ts'
import { diskWork } from './disk-work.ts'

const COMPUTE = 'compute-nova-0123456789ab'

/** What runs, by command line; each in the container, but for those that are said to be beside. */
function found(inside: readonly string[], beside: readonly string[] = []): readonly string[] {
  const processes = [...inside, ...beside].map((line, index) => {
    const argv = line.split(' ')
    return { pid: 100 + index, startTicks: index, name: argv[0], exe: `/usr/bin/${argv[0]}`, argv }
  })
  const doomed = processes
    .slice(0, inside.length)
    .map(({ pid, startTicks, name }) => ({ pid, startTicks, name, mechanisms: [], evidence: '' }))
  const killSet = { containerName: COMPUTE, doomed } as unknown as KillSet
  return diskWork([killSet], { processes } as unknown as ProcessTable).map(({ evidence }) => evidence)
}

test('what writes a disk in a container that is to be stopped is work under way', () => {
  assert.deepEqual(
    found([
      'qemu-img convert -O raw rbd:volumes/v:key=AQB secret',
      'rsync --sparse a b',
      'scp -r a b:c',
      'dd if=a',
    ]),
    [
      'qemu-img convert (pid 100) would die with it, and leave a disk half written',
      'rsync (pid 101) would die with it, and leave a disk half written',
      'scp (pid 102) would die with it, and leave a disk half written',
      'dd (pid 103) would die with it, and leave a disk half written',
    ],
  )
})

test('what only reads one is not, nor what runs elsewhere, nor another program', () => {
  assert.deepEqual(
    found(['qemu-img info --output=json /d/disk', 'nova-compute', 'qemu-system-x86_64 convert']),
    [],
  )
  assert.deepEqual(found([], ['qemu-img convert a b']), [])
})

test('the verb is found after options, and no argument is revealed', () => {
  const [evidence = ''] = found(['qemu-img --trace help rebase -u -b s3cr3t a'])
  assert.match(evidence, /^qemu-img rebase \(pid 100\)/)
  assert.doesNotMatch(evidence, /s3cr3t/)
})
