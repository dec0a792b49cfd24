import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { missingCapabilitiesHere } from '../../../../src/adapters/containers/index.ts'
import { isAnnealError } from '../../../../src/core/index.ts'
import type { EngineUnderTest } from '../engine-under-test.ts'
import { code } from '../expect.ts'

/** What a release asks for arrives in the container, and nothing else. */
export function wishesArrive(under: EngineUnderTest): void {
  const { spec, running, inspected, output, major } = under

  test(
    'a bind source that is absent refuses at creation, or is made where that is asked',
    under.needsEngine,
    async () => {
      const source = join(under.bed.dir, 'absent')
      const mount = { type: 'bind', source, target: '/x', readOnly: false } as const
      await assert.rejects(
        under.engine.createContainer(spec({ mounts: [mount] })),
        code('CONTAINER_CREATE_FAILED'),
      )
      const container = await running({ mounts: [{ ...mount, createHostPath: true }] })
      assert.equal(await output(container.id, 'touch /x/made; ls /x'), 'made')
    },
  )

  test('binds, tmpfs and volumes arrive as asked', under.needsEngine, async () => {
    const source = join(under.bed.dir, `data-${under.count}`)
    mkdirSync(source)
    writeFileSync(join(source, 'file'), 'from the host')
    const { id, mounts } = await running({
      mounts: [
        { type: 'bind', source, target: '/data', readOnly: true, propagation: 'rslave' },
        { type: 'tmpfs', source: '', target: '/etc', readOnly: false, tmpfsSizeBytes: 1 << 20 },
        // On a folder that the image has, runc 1.1 puts the folder's mode above the one asked for.
        { type: 'tmpfs', source: '', target: '/fresh', readOnly: false, tmpfsMode: 0o710 },
        { type: 'volume', source: `volume-${under.count}`, target: '/kept', readOnly: false },
      ],
    })
    assert.equal(
      await output(id, 'cat /data/file; touch /data/x 2>/dev/null && echo written'),
      'from the host',
    )
    assert.equal(await output(id, 'ls /etc/passwd 2>/dev/null; stat -c %a /fresh'), '710')
    assert.match(await output(id, 'grep " /etc " /proc/mounts'), /tmpfs.*size=1024k/)
    assert.equal(await output(id, 'touch /kept/x && echo written'), 'written')
    const at = (target: string) => mounts.find((mount) => mount.target === target)
    assert.deepEqual(at('/data'), { type: 'bind', source, target: '/data', readOnly: true })
    assert.deepEqual(at('/etc'), { type: 'tmpfs', source: '', target: '/etc', readOnly: false })
    assert.equal(at('/kept')?.type, 'volume')
    assert.ok(existsSync(join(at('/kept')?.heldIn ?? '', 'x')), 'the engine says where the volume is')
  })

  test('the environment arrives complete, and only its names are reported', under.needsEngine, async () => {
    const secret = 'two\nlines "quoted" $HOME=x'
    const container = await running({ environment: { TOKEN: secret } })
    assert.equal(await output(container.id, 'echo "$TOKEN"'), secret)
    assert.ok(container.environmentNames.includes('TOKEN'))
    assert.ok(!JSON.stringify(container).includes('quoted'))
  })

  test('no process on this host ever has an environment value in its argv', under.needsEngine, async () => {
    const secret = `sesame-${under.count}-${process.pid}`
    const wanted = spec({ environment: { TOKEN: secret } })
    const seen = new AbortController()
    const watching = watchArgv(secret, seen.signal)
    const id = await under.engine.createContainer(wanted)
    await under.engine.startContainer(id)
    await under.engine.stopContainer(id, 1000)
    seen.abort()
    assert.deepEqual(await watching, [])
  })

  test("user, working directory and hostname are the release's", under.needsEngine, async () => {
    const { id } = await running({ user: 'nobody', workingDir: '/tmp', hostname: 'forge' })
    assert.equal(await output(id, 'id -u; pwd; hostname'), '65534\n/tmp\nforge')
  })

  test("host namespaces are the host's, private ones are not", under.needsEngine, async () => {
    const shared = await running({
      pidMode: 'host',
      networkMode: 'host',
      ipcMode: 'host',
      cgroupnsMode: 'host',
    })
    const own = await running({ cgroupnsMode: 'private', ipcMode: 'private' })
    assert.deepEqual([shared.pidMode, shared.networkMode, shared.cgroupnsMode], ['host', 'host', 'host'])
    assert.deepEqual([own.pidMode, own.networkMode, own.cgroupnsMode], ['private', 'none', 'private'])
    for (const name of ['pid', 'net', 'ipc', 'cgroup']) {
      assert.equal(namespace(shared.pid, name), namespace('self', name), `shared ${name}`)
      assert.notEqual(namespace(own.pid, name), namespace('self', name), `own ${name}`)
    }
    const joined = await running({ pidMode: `container:${own.id}` })
    assert.equal(joined.pidMode, 'shared')
    assert.equal(namespace(joined.pid, 'pid'), namespace(own.pid, 'pid'))
  })

  test('a privileged container has the capabilities that this host has', under.needsEngine, async () => {
    const { id, privileged } = await running({ privileged: true })
    assert.equal(privileged, true)
    const mask = BigInt(`0x${(await output(id, 'grep CapEff /proc/self/status')).split(':')[1]?.trim()}`)
    const here = BigInt(`0x${/^CapBnd:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`)
    const sysAdmin = 1n << 21n
    assert.equal(mask & ~here, 0n)
    assert.equal(mask & sysAdmin, here & sysAdmin)
    const plain = await running()
    assert.equal(
      BigInt(`0x${(await output(plain.id, 'grep CapEff /proc/self/status')).split(':')[1]?.trim()}`) &
        sysAdmin,
      0n,
    )
  })

  test('capabilities, resource limits and security options arrive', under.needsEngine, async () => {
    const { id } = await running({
      capAdd: ['NET_ADMIN'],
      capDrop: ['MKNOD'],
      securityOpt: ['no-new-privileges'],
      memoryBytes: 64 << 20,
      pidsLimit: 77,
      oomScoreAdj: 300,
      readOnly: true,
      devices: ['/dev/null:/dev/nothing:rw'],
      extraHosts: [],
    })
    const status = await output(id, 'cat /proc/self/status')
    const capabilities = BigInt(`0x${/^CapBnd:\s*(\w+)/m.exec(status)?.[1]}`)
    assert.equal((capabilities >> 12n) & 1n, 1n)
    assert.equal((capabilities >> 27n) & 1n, 0n)
    assert.match(status, /^NoNewPrivs:\s*1$/m)
    assert.equal(await output(id, 'cat /proc/1/oom_score_adj'), '300')
    assert.equal(await output(id, 'touch /x 2>/dev/null || echo read-only'), 'read-only')
    assert.equal(await output(id, 'echo gone > /dev/nothing && echo written'), 'written')
    const { cgroupPaths } = await inspected(id)
    const limit = (controller: string, v1: string, v2: string) =>
      readLimit(cgroupPaths ?? {}, controller, v1, v2)
    assert.equal(limit('memory', 'memory.limit_in_bytes', 'memory.max'), String(64 << 20))
    assert.equal(limit('pids', 'pids.max', 'pids.max'), '77')
    const unlimited = await running()
    // Podman is told the greatest number that the kernel takes: it has no word for "none" that every runtime knows.
    const none = readLimit(unlimited.cgroupPaths ?? {}, 'pids', 'pids.max', 'pids.max')
    assert.ok(none === 'max' || none === '4194304', `no limit of tasks: ${none}`)
    assert.equal(await output(unlimited.id, '(sleep 0) && echo forked'), 'forked')
  })

  test('limits of processes arrive', under.needsEngine, async (t) => {
    if (!under.bed.setsUlimits)
      return t.skip('needs CAP_SYS_RESOURCE: without it the runtime drops such limits')
    // Podman raises whichever of these two is not given, as far as the host lets it.
    const nproc = { soft: 1000, hard: 1000 }
    const { pid } = await running({ ulimits: { nofile: { soft: 100, hard: 200 }, nproc } })
    assert.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max open files\s+100\s+200\b/m)
  })

  test(
    'a right of the kernel that this host lacks is CAPABILITY_MISSING, by name',
    under.needsEngine,
    async (t) => {
      const absent = await missingCapabilitiesHere()
      if (absent.length === 0) return t.skip('needs a host that lacks a capability')
      if (under.kind === 'docker' && (await major()) > 20) {
        return t.skip('needs Docker 20: later ones leave out by themselves what the host lacks')
      }
      const demanding = await under.bed.createDemanding(spec({ privileged: true }))
      await assert.rejects(demanding.engine.startContainer(demanding.id), (error) => {
        assert.ok(isAnnealError(error, 'CAPABILITY_MISSING'), String(error))
        assert.ok(absent.every((name) => error.message.includes(name) && error.remedy.includes(name)))
        return true
      })
    },
  )
}

function namespace(pid: number | 'self', name: string): string {
  return readlinkSync(`/proc/${pid}/ns/${name}`)
}

/** A limit of the container, from the v1 controller's hierarchy or from v2. */
function readLimit(
  paths: Readonly<Record<string, string>>,
  controller: string,
  v1: string,
  v2: string,
): string {
  const path = paths[controller]
  const file =
    path === undefined ? `/sys/fs/cgroup${paths['']}/${v2}` : `/sys/fs/cgroup/${controller}${path}/${v1}`
  return readFileSync(file, 'utf8').trim()
}

/** Command lines of this host that hold the text, looked at as often as the machine allows. */
async function watchArgv(text: string, signal: AbortSignal): Promise<readonly string[]> {
  const found: string[] = []
  while (!signal.aborted) {
    for (const pid of await readdir('/proc')) {
      if (!/^\d+$/.test(pid)) continue
      const argv = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      if (argv.includes(text)) found.push(argv.replaceAll('\0', ' '))
    }
  }
  return found
}
