import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { hostDisk } from './disk.ts'
import { procReader } from './proc-reader.ts'

const roots: string[] = []
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true })
})

/** A directory that looks like procfs, with a process 1 and whatever `processes` adds. */
function fakeProc(processes: readonly FakeProcess[]): string {
  const root = mkdtempSync(join(tmpdir(), 'anneal-proc-'))
  roots.push(root)
  for (const process of [{ pid: 1, name: 'init' }, ...processes]) addProcess(root, process)
  return root
}

type FakeProcess = {
  pid: number
  name: string
  state?: string
  flags?: number
  argv?: string
  exe?: string
  mnt?: number
  absent?: string
}

function addProcess(
  root: string,
  { pid, name, state = 'S', flags = 0, argv = `${name}\0`, exe = '/bin/sh', mnt = 5, absent }: FakeProcess,
): void {
  const dir = join(root, String(pid))
  mkdirSync(join(dir, 'ns'), { recursive: true })
  mkdirSync(join(dir, 'fd'))
  const files: Record<string, string> = {
    stat: `${pid} (${name}) ${state} 1 1 1 0 -1 ${flags} ${'0 '.repeat(12)}${pid * 10} 0`,
    status: `Name:\t${name}\nUid:\t1000\t64055\t0\t0\n`,
    cgroup: '2:devices:/docker/abc\n0::/\n',
    cmdline: argv,
    mountinfo: `9 8 0:1 / / rw - overlay overlay rw,upperdir=/up/${mnt}\n`,
  }
  for (const [file, text] of Object.entries(files)) if (file !== absent) writeFileSync(join(dir, file), text)
  for (const ns of ['pid', 'net', 'cgroup', 'ipc']) symlinkSync(`${ns}:[7]`, join(dir, 'ns', ns))
  symlinkSync(`mnt:[${mnt}]`, join(dir, 'ns', 'mnt'))
  symlinkSync('/', join(dir, 'root'))
  symlinkSync(exe, join(dir, 'exe'))
  symlinkSync('pipe:[99]', join(dir, 'fd', '1'))
}

test('a process is read with its identity, argv, cgroups and root overlay', async () => {
  const root = fakeProc([
    {
      pid: 70,
      name: 'qemu) S',
      argv: 'qemu\0-name\0a b\0',
      exe: '/usr/bin/qemu-system-x86_64 (deleted)',
      mnt: 6,
    },
  ])
  const { processes, hostPidNamespace, layout } = await procReader({
    procRoot: root,
    cgroupRoot: root,
  }).table()
  assert.equal(hostPidNamespace, 7)
  assert.equal(layout, 'legacy')
  assert.deepEqual(
    processes.find((process) => process.pid === 70),
    {
      pid: 70,
      startTicks: 700,
      ppid: 1,
      name: 'qemu) S',
      exe: '/usr/bin/qemu-system-x86_64',
      exeInode: '',
      argv: ['qemu', '-name', 'a b'],
      uid: 64055,
      namespaces: { pid: 7, mnt: 6, net: 7, cgroup: 7, ipc: 7 },
      cgroups: [
        { hierarchy: 2, controllers: ['devices'], path: '/docker/abc' },
        { hierarchy: 0, controllers: [], path: '/' },
      ],
      rootUpperDir: '/up/6',
      stdout: 'pipe:[99]',
    },
  )
})

test('kernel threads, zombies and processes that go away in the middle are left out', async () => {
  const root = fakeProc([
    { pid: 10, name: 'kworker', flags: 0x200000 },
    { pid: 11, name: 'dead', state: 'Z' },
    { pid: 12, name: 'reaped', state: 'X' },
    { pid: 13, name: 'going', absent: 'stat' },
    { pid: 14, name: 'gone', absent: 'cgroup' },
    { pid: 15, name: 'alive' },
  ])
  const { processes } = await procReader({ procRoot: root }).table()
  assert.deepEqual(
    processes.map((process) => process.pid).toSorted((a, b) => a - b),
    [1, 15],
  )
})

test('a reused pid is not the process that was asked for', async () => {
  const reader = procReader({ procRoot: fakeProc([{ pid: 20, name: 'x' }]) })
  assert.equal(await reader.alive({ pid: 20, startTicks: 200 }), true)
  assert.equal(await reader.alive({ pid: 20, startTicks: 199 }), false)
  assert.equal(await reader.alive({ pid: 21, startTicks: 210 }), false)
})

test('the layout is told by where cgroup.controllers lies', async () => {
  const root = fakeProc([])
  const layout = async (): Promise<string> =>
    (await procReader({ procRoot: root, cgroupRoot: root }).table()).layout
  assert.equal(await layout(), 'legacy')
  mkdirSync(join(root, 'unified'))
  writeFileSync(join(root, 'unified', 'cgroup.controllers'), '')
  assert.equal(await layout(), 'hybrid')
  writeFileSync(join(root, 'cgroup.controllers'), '')
  assert.equal(await layout(), 'unified')
})

test('a procfs that cannot be listed is an error with a remedy', async () => {
  await assert.rejects(procReader({ procRoot: '/nonexistent' }).table(), (error) =>
    isAnnealError(error, 'PROC_UNREADABLE'),
  )
})

test('the real table holds this very process', async () => {
  const { processes } = await procReader().table()
  const self = processes.find((candidate) => candidate.pid === process.pid)
  assert.deepEqual(self?.argv.slice(0, 1), [process.argv0])
  assert.match(self?.exeInode ?? '', /^\d+:\d+$/)
})

test('free space is that of the nearest directory that exists', async () => {
  const disk = hostDisk()
  assert.equal(await disk.freeBytes('/proc/no/such/dir'), 0)
  assert.ok((await disk.freeBytes(join(tmpdir(), 'not', 'yet', 'made'))) > 0)
  assert.equal(await disk.sizeBytes('/nonexistent'), undefined)
})
