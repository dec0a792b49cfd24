import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import type { CloserLook } from '../../node/index.ts'
import { hostDisk } from './disk.ts'
import { procReader } from './proc-reader.ts'
import { parseUnixSockets } from './unix-sockets.ts'

const roots: string[] = []
describe('the reader of /proc', () => {
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
    for (const [file, text] of Object.entries(files))
      if (file !== absent) writeFileSync(join(dir, file), text)
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
        exe: '/usr/bin/qemu-system-x86_64 (deleted)',
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

  test('the groups of threads that left the main thread are read, those of cgroup v1', async () => {
    const root = fakeProc([{ pid: 70, name: 'qemu' }])
    const texts = {
      70: '2:devices:/docker/abc\n0::/\n',
      71: '2:devices:/machine/vm:1\n0::/\n',
      72: '2:devices:/machine/vm:1\n0::/\n',
    }
    for (const [tid, text] of Object.entries(texts)) {
      mkdirSync(join(root, '70', 'task', tid), { recursive: true })
      writeFileSync(join(root, '70', 'task', tid, 'cgroup'), text)
    }
    const threads = async (): Promise<unknown> => {
      const { processes } = await procReader({ procRoot: root, cgroupRoot: root }).table()
      return processes.find(({ pid }) => pid === 70)?.threadCgroups
    }
    assert.deepEqual(await threads(), [{ hierarchy: 2, controllers: ['devices'], path: '/machine/vm:1' }])
    writeFileSync(join(root, 'cgroup.controllers'), '')
    assert.equal(await threads(), undefined)
  })

  test('the root of a process is found among 12 MiB of mounts, whatever their lines are cut at', async () => {
    const root = fakeProc([{ pid: 70, name: 'libvirtd', mnt: 6 }])
    const bind = (n: number): string =>
      `${100 + n} 9 0:1 /ä${'b'.repeat(n % 300)} /run/ü${n} rw,relatime shared:1 - ext4 /dev/vda rw\n`
    const binds = Array.from({ length: 60_000 }, (_, n) => bind(n)).join('')
    const mounts = `9 8 0:1 / / rw - ext4 /dev/vda rw\n${binds}99 9 0:2 / / rw - overlay overlay rw,upperdir=/up/late`
    assert.ok(Buffer.byteLength(mounts) > 12 * 1024 * 1024)
    writeFileSync(join(root, '70', 'mountinfo'), mounts)
    const { processes } = await procReader({ procRoot: root }).table()
    assert.equal(processes.find(({ pid }) => pid === 70)?.rootUpperDir, '/up/late')
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

  test('the place of cgroup.controllers shows the cgroup layout', async () => {
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

  /** A process whose executable is a file of these bytes, and whose descriptors lead where told. */
  async function lookAt(
    content: string | undefined,
    descriptors: readonly string[] = [],
  ): Promise<CloserLook | undefined> {
    const root = fakeProc([{ pid: 30, name: 'hv' }])
    const exe = join(root, 'hv')
    if (content !== undefined) writeFileSync(exe, content)
    rmSync(join(root, '30', 'exe'))
    symlinkSync(exe, join(root, '30', 'exe'))
    for (const [index, path] of descriptors.entries())
      symlinkSync(path, join(root, '30', 'fd', String(index + 3)))
    return (await procReader({ procRoot: root }).look([{ pid: 30, startTicks: 300 }]))[0]
  }

  const ELF = '\x7fELF'
  const FILLER = 'x'.repeat(1024 * 1024)

  test('an executable is QEMU by what it holds, also across the borders of readings', async () => {
    const border = FILLER.slice(0, -14)
    for (const [content, expected] of [
      [`${ELF}${FILLER}QEMU emulator version 8${FILLER}x-exit-preconfig`, 'emulator'],
      [`${ELF}${border}QEMU emulator version 8 inject-nmi`, 'emulator'],
      [`${ELF}${FILLER}QEMU emulator version 8`, 'other'],
      [`${ELF}${FILLER}inject-nmi`, 'other'],
      [`#!/bin/sh\nexec QEMU emulator version x-exit-preconfig`, 'other'],
      [`${ELF}\0\0Go\0\0 QEMU emulator version inject-nmi`, 'other'],
      ['', 'other'],
      [undefined, 'unreadable'],
    ] as const) {
      assert.equal((await lookAt(content))?.content, expected, content?.slice(0, 40))
    }
  })

  test('what a process has open tells a virtual machine', async () => {
    const image = join(mkdtempSync(join(tmpdir(), 'anneal-image-')), 'a.qcow2')
    roots.push(join(image, '..'))
    writeFileSync(image, FILLER)
    const opens = async (...paths: string[]) => (await lookAt('', paths))?.opens
    assert.deepEqual(await opens('anon_inode:kvm-vm', 'anon_inode:kvm-vcpu:0'), [
      { kind: 'virtualMachine', path: 'anon_inode:kvm-vm' },
    ])
    assert.deepEqual(await opens('/dev/kvm', '/dev/net/tun', image), [
      { kind: 'kvm', path: '/dev/kvm' },
      { kind: 'tap', path: '/dev/net/tun' },
      { kind: 'disk', path: image },
    ])
    assert.deepEqual(await opens('/dev/null', 'socket:[7]', 'anon_inode:[eventfd]', '/gone/a.qcow2'), [])
  })

  test('writtenFiles finds a file that is open for writing, not one that is open for reading or closed', async () => {
    const root = mkdtempSync(join(tmpdir(), 'anneal-proc-'))
    roots.push(root)
    const paths = ['written.log', 'read.log', 'closed.log'].map((name) => join(root, name))
    const [written = '', read = ''] = paths
    for (const path of paths) writeFileSync(path, 'x')
    const open = [openSync(written, 'a'), openSync(read, 'r')]
    try {
      assert.deepEqual(await procReader().writtenFiles([...paths, join(root, 'missing.log')]), [written])
    } finally {
      for (const fd of open) closeSync(fd)
    }
    assert.deepEqual(await procReader().writtenFiles(paths), [])
  })

  test('who can write to what the parent of a process reads is found', async () => {
    const reader = procReader()
    // The pipe is the shell's: those of Node are sockets. Each of the three says its pid.
    const script = `sh -c 'echo holder $$ >&2; exec sleep 60' | sh -c 'sleep 60 </dev/null & echo first $! >&2; wait'`
    const shell = spawn('sh', ['-c', script], { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
    try {
      const said = new Map<string, number>()
      for await (const line of createInterface(shell.stderr)) {
        const [who = '', pid] = line.split(' ')
        if (said.set(who, Number(pid)).size === 2) break
      }
      const found = await reader.outputHolders([said.get('first') ?? 0])
      assert.deepEqual(
        found.map(({ first, pid }) => [first, pid]),
        [[said.get('first'), said.get('holder')]],
      )
      assert.deepEqual(await reader.outputHolders([2 ** 22]), [])
    } finally {
      process.kill(-(shell.pid ?? 0))
    }
  })

  test('the names of the sockets that a process holds are read, of those it listens at and of connections to them', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'anneal-socket-')), 'a b.sock')
    roots.push(join(path, '..'))
    const reader = procReader()
    const self = async (): Promise<readonly string[]> => {
      const stat = (await reader.table()).processes.find(({ pid }) => pid === process.pid)
      assert.ok(stat)
      return (await reader.look([stat]))[0]?.sockets ?? []
    }
    const server = createServer()
    server.listen(path)
    await once(server, 'listening')
    assert.ok((await self()).includes(path))
    server.close()
    await once(server, 'close')
    assert.ok(!(await self()).includes(path))
  })

  test('lines of /proc/net/unix are read with any path', () => {
    // Lines of Linux 6.18.
    const sockets = parseUnixSockets(`Num       RefCount Protocol Flags    Type St Inode Path
000000000a24c0e8: 00000003 00000000 00000000 0001 03 419758
0000000047a77aa6: 00000003 00000000 00000000 0001 03 617384 /run/docker.sock
00000000ee032757: 00000002 00000000 00010000 0001 01    17 /run/a b
0000000000000000: 00000002 00000000 00010000 0001 01 18 @abstract
`)
    assert.deepEqual(
      [...sockets],
      [
        [617384, '/run/docker.sock'],
        [17, '/run/a b'],
      ],
    )
  })

  test('a look at a process that is gone, or whose pid another has, is no answer', async () => {
    const reader = procReader({ procRoot: fakeProc([{ pid: 30, name: 'hv' }]) })
    assert.deepEqual(
      await reader.look([
        { pid: 30, startTicks: 299 },
        { pid: 31, startTicks: 310 },
      ]),
      [],
    )
  })

  test('machined’s leaders are those of libvirt’s machines', async () => {
    const machinesDir = fakeProc([])
    // As systemd 252 wrote it for a guest of libvirt 9.0, shortened.
    writeFileSync(
      join(machinesDir, 'qemu-1-vm'),
      'NAME=qemu-1-vm\nSERVICE=libvirt-qemu\nLEADER=4711\nCLASS=vm\n',
    )
    writeFileSync(join(machinesDir, 'box'), 'NAME=box\nSERVICE=systemd-nspawn\nLEADER=12\nCLASS=container\n')
    symlinkSync('qemu-1-vm', join(machinesDir, 'unit:machine-qemu\\x2d1\\x2dvm.scope'))
    assert.deepEqual(await procReader({ machinesDir }).machineLeaders(), [4711])
    assert.deepEqual(await procReader({ machinesDir: '/nonexistent' }).machineLeaders(), [])
  })

  test('free space is that of the nearest directory that exists', async () => {
    const disk = hostDisk()
    assert.equal(await disk.freeBytes('/proc/no/such/dir'), 0)
    assert.ok((await disk.freeBytes(join(tmpdir(), 'not', 'yet', 'made'))) > 0)
    assert.equal(await disk.sizeBytes('/nonexistent'), undefined)
  })
})
