import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { pack } from 'tar-stream'

import { missingCapabilitiesHere } from '../../../src/adapters/containers/index.ts'
import { isAnnealError } from '../../../src/core/index.ts'
import type { Container, EngineKind } from '../../../src/node/index.ts'
import type { ContainerSpec, Engine, PullProgress } from '../../../src/ports/index.ts'
import { busyboxRoot, erase, missing, NEEDS, openBed } from './bed.ts'
import type { Bed } from './bed.ts'
import { LOGIN, freePort, openLyingRegistry, openRegistry, openSlowRegistry, pushImage } from './registry.ts'
import type { Registry } from './registry.ts'

/** Ends on SIGTERM with 7, at once. */
const POLITE = ['sh', '-c', 'trap "exit 7" TERM; echo ready; while :; do sleep 1000 & wait; done']
/** Does not end on SIGTERM. */
const STUBBORN = ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 1; done']

const IMAGE = 'localhost/anneal-contract:1'
const kinds: readonly EngineKind[] = ['docker', 'podman']

for (const kind of kinds) {
  describe(kind, () => {
    const lacking = missing(NEEDS[kind])
    const needsRegistry = { skip: lacking ?? missing(['docker-registry']) ?? false }
    const needsEngine = { skip: lacking ?? false }

    let dir = ''
    let bed: Bed
    let engine: Engine
    let busybox = ''
    let open: Registry
    let closed: Registry
    let lying: Registry
    let slow: Registry
    let digest = ''
    let otherDigest = ''
    let unseenDigest = ''
    const silent = createServer(() => {})
    const silentHost = () => `127.0.0.1:${(silent.address() as AddressInfo).port}`
    let count = 0

    const spec = (changes: Partial<ContainerSpec> = {}): ContainerSpec => ({
      name: `contract-${(count += 1)}`,
      image: IMAGE,
      labels: { 'io.anneal.test': 'contract' },
      command: POLITE,
      environment: {},
      privileged: false,
      capAdd: [],
      capDrop: [],
      securityOpt: [],
      devices: [],
      networkMode: 'none',
      mounts: [],
      ulimits: {},
      sysctls: {},
      restartPolicy: 'no',
      extraHosts: [],
      ...changes,
    })
    const running = async (changes: Partial<ContainerSpec> = {}): Promise<Container> => {
      const id = await engine.createContainer(spec(changes))
      await engine.startContainer(id)
      return inspected(id)
    }
    const inspected = async (id: string): Promise<Container> => {
      const container = await engine.inspectContainer(id)
      assert.ok(container, `${id} is there`)
      return container
    }
    const output = async (id: string, command: string): Promise<string> =>
      (await engine.exec(id, ['sh', '-c', command])).stdout.trim()

    const major = async () => Number((await engine.facts()).version.split('.')[0])

    before(async () => {
      if (lacking !== undefined) return
      dir = mkdtempSync(join(tmpdir(), 'anneal-contract-'))
      busybox = busyboxRoot(dir)
      if (needsRegistry.skip === false) {
        open = await openRegistry(join(dir, 'open'), { auth: false })
        closed = await openRegistry(join(dir, 'closed'), { auth: true })
        const layer = readFileSync(busybox)
        digest = await pushImage(open.host, 'forge/hammer', layer, dir, 'one')
        otherDigest = await pushImage(open.host, 'forge/hammer', layer, dir, 'two')
        unseenDigest = await pushImage(open.host, 'forge/hammer', layer, dir, 'unseen')
        await pushImage(closed.host, 'forge/anvil', layer, dir, 'one')
        await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
        lying = await openLyingRegistry(open.host, otherDigest)
        slow = await openSlowRegistry(open.host)
      }
      const registries =
        needsRegistry.skip === false ? [open.host, closed.host, lying.host, slow.host, silentHost()] : []
      bed = await openBed(kind, { insecureRegistries: registries })
      engine = bed.engine
      await engine.importImage(createReadStream(busybox), IMAGE, { 'io.anneal.what': 'say "$HOME" \\ twice' })
    })

    after(async () => {
      if (lacking !== undefined) return
      silent.closeAllConnections()
      silent.close()
      const closings = await Promise.allSettled(
        [bed, lying, slow, open, closed].map(async (one?: { close: () => Promise<void> }) => one?.close()),
      )
      for (const closing of closings) if (closing.status === 'rejected') throw closing.reason
      await erase(dir)
    })

    test('tells its version, cgroup driver and where its data is', needsEngine, async () => {
      const facts = await engine.facts()
      assert.equal(facts.kind, kind)
      assert.match(facts.version, /^\d+\.\d+/)
      assert.equal(facts.cgroupDriver, 'cgroupfs')
      assert.ok(facts.storageDir.startsWith(bed.dir), facts.storageDir)
      assert.equal(facts.stopsContainersWithDaemon, kind === 'docker')
      assert.equal(facts.hasShim, kind === 'docker')
      assert.equal(facts.startsAtBoot, false)
    })

    test('an engine that is not there is ENGINE_UNREACHABLE with what to do', needsEngine, async () => {
      await assert.rejects(bed.unreachable.facts(), (error) => {
        assert.ok(isAnnealError(error, 'ENGINE_UNREACHABLE'))
        assert.match(error.remedy, /install/)
        return true
      })
    })

    test('an imported image keeps its labels, however they are written', needsEngine, async () => {
      const image = await engine.inspectImage(IMAGE)
      assert.equal(image?.labels['io.anneal.what'], 'say "$HOME" \\ twice')
      assert.match(image?.id ?? '', /^sha256:[0-9a-f]{64}$/)
      assert.deepEqual(image?.tags, [IMAGE])
      assert.equal(image?.architecture, 'amd64')
      assert.ok((image?.sizeBytes ?? 0) > 1 << 20)
      assert.equal((await engine.inspectImage(image?.id ?? ''))?.id, image?.id)
    })

    test('absent images and containers are undefined', needsEngine, async () => {
      assert.equal(await engine.inspectImage('localhost/nothing:1'), undefined)
      assert.equal(await engine.inspectImage(`localhost/nothing@sha256:${'0'.repeat(64)}`), undefined)
      assert.equal(await engine.inspectContainer('nothing'), undefined)
    })

    test('creating twice gives the same container, unstarted and with no restart', needsEngine, async () => {
      const wanted = spec({ restartPolicy: 'always' })
      const id = await engine.createContainer(wanted)
      assert.equal(await engine.createContainer(wanted), id)
      const container = await inspected(wanted.name)
      assert.equal(container.id, id)
      assert.equal(container.status, 'created')
      assert.equal(container.pid, 0)
      assert.equal(container.startedAt, undefined)
      assert.equal(container.exitCode, undefined)
      assert.equal(container.restartPolicy, 'no')
      assert.equal(container.image, IMAGE)
      assert.equal(container.imageId, (await engine.inspectImage(IMAGE))?.id)
      assert.deepEqual(container.command, POLITE)
      assert.deepEqual(container.entrypoint, [])
      assert.equal(container.runtime, bed.runtimeName)
      assert.equal(container.runtimeFamily, 'runc')
    })

    test('a name that another container has is CONTAINER_NAME_TAKEN', needsEngine, async () => {
      const first = spec({ labels: { release: 'a' } })
      await engine.createContainer(first)
      await assert.rejects(
        engine.createContainer({ ...first, labels: { release: 'b' } }),
        code('CONTAINER_NAME_TAKEN'),
      )
    })

    test('an image that is not held is IMAGE_NOT_FOUND, and never pulled', needsEngine, async () => {
      await assert.rejects(
        engine.createContainer(spec({ image: 'localhost/nothing:1' })),
        code('IMAGE_NOT_FOUND'),
      )
    })

    test(
      'a bind source that is absent refuses at creation, or is made where that is asked',
      needsEngine,
      async () => {
        const source = join(bed.dir, 'absent')
        const mount = { type: 'bind', source, target: '/x', readOnly: false } as const
        await assert.rejects(
          engine.createContainer(spec({ mounts: [mount] })),
          code('CONTAINER_CREATE_FAILED'),
        )
        const container = await running({ mounts: [{ ...mount, createHostPath: true }] })
        assert.equal(await output(container.id, 'touch /x/made; ls /x'), 'made')
      },
    )

    test('starting and stopping are idempotent, and the stop signal is obeyed', needsEngine, async () => {
      const { id } = await running()
      await engine.startContainer(id)
      await engine.stopContainer(id, 10_000)
      await engine.stopContainer(id, 10_000)
      const stopped = await inspected(id)
      assert.equal(stopped.status, 'exited')
      assert.equal(stopped.exitCode, 7)
      assert.equal(stopped.pid, 0)
      assert.equal(stopped.cgroupPaths, undefined)
      await engine.startContainer(id)
      assert.equal((await inspected(id)).status, 'running')
    })

    test('a stop signal of the release is the one that is sent', needsEngine, async () => {
      const command = [
        'sh',
        '-c',
        'trap "exit 3" USR1; trap "" TERM; echo ready; while :; do sleep 1000 & wait; done',
      ]
      const { id, stopSignal } = await running({ command, stopSignal: 'SIGUSR1' })
      assert.equal(stopSignal, 'SIGUSR1')
      await ready(engine, id)
      await engine.stopContainer(id, 10_000)
      assert.equal((await inspected(id)).exitCode, 3)
    })

    test('SIGKILL comes after the grace, not before', needsEngine, async () => {
      const { id } = await running({ command: STUBBORN })
      await ready(engine, id)
      const began = performance.now()
      await engine.stopContainer(id, 1000)
      const tookMs = performance.now() - began
      assert.ok(tookMs >= 950, `${tookMs} ms`)
      assert.equal((await inspected(id)).exitCode, 137)
    })

    test('an unknown container refuses to start and to stop', needsEngine, async () => {
      await assert.rejects(engine.startContainer('nothing'), code('CONTAINER_NOT_FOUND'))
      await assert.rejects(engine.stopContainer('nothing', 0), code('CONTAINER_NOT_FOUND'))
    })

    test('a program that is not in the image is CONTAINER_START_FAILED', needsEngine, async () => {
      const id = await engine.createContainer(spec({ command: ['/no/such/program'] }))
      await assert.rejects(engine.startContainer(id), code('CONTAINER_START_FAILED'))
    })

    test('labels find containers, running ones alone where asked', needsEngine, async () => {
      const labels = { 'io.anneal.release': 'r1', tricky: 'a=b,c "d"' }
      const { id: up } = await running({ labels })
      const down = await engine.createContainer(spec({ labels }))
      await engine.createContainer(spec({ labels: { ...labels, tricky: 'other' } }))
      const found = await engine.listContainers({ labels })
      assert.deepEqual(found.map(({ id }) => id).toSorted(), [up, down].toSorted())
      assert.deepEqual(found.find(({ id }) => id === up)?.labels, {
        ...labels,
        'io.anneal.what': 'say "$HOME" \\ twice',
      })
      assert.deepEqual(
        (await engine.listContainers({ labels, running: true })).map(({ id }) => id),
        [up],
      )
      assert.deepEqual(await engine.listContainers({ labels: { tricky: 'no' } }), [])
    })

    test('binds, tmpfs and volumes arrive as asked', needsEngine, async () => {
      const source = join(bed.dir, `data-${count}`)
      mkdirSync(source)
      writeFileSync(join(source, 'file'), 'from the host')
      const { id, mounts } = await running({
        mounts: [
          { type: 'bind', source, target: '/data', readOnly: true, propagation: 'rslave' },
          { type: 'tmpfs', source: '', target: '/etc', readOnly: false, tmpfsSizeBytes: 1 << 20 },
          // On a folder that the image has, runc 1.1 puts the folder's mode above the one asked for.
          { type: 'tmpfs', source: '', target: '/fresh', readOnly: false, tmpfsMode: 0o710 },
          { type: 'volume', source: `volume-${count}`, target: '/kept', readOnly: false },
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
    })

    test('the environment arrives complete, and only its names are reported', needsEngine, async () => {
      const secret = 'two\nlines "quoted" $HOME=x'
      const container = await running({ environment: { TOKEN: secret } })
      assert.equal(await output(container.id, 'echo "$TOKEN"'), secret)
      assert.ok(container.environmentNames.includes('TOKEN'))
      assert.ok(!JSON.stringify(container).includes('quoted'))
    })

    test('no process on this host ever has an environment value in its argv', needsEngine, async () => {
      const secret = `sesame-${count}-${process.pid}`
      const wanted = spec({ environment: { TOKEN: secret } })
      const seen = new AbortController()
      const watching = watchArgv(secret, seen.signal)
      const id = await engine.createContainer(wanted)
      await engine.startContainer(id)
      await engine.stopContainer(id, 1000)
      seen.abort()
      assert.deepEqual(await watching, [])
    })

    test("user, working directory and hostname are the release's", needsEngine, async () => {
      const { id } = await running({ user: 'nobody', workingDir: '/tmp', hostname: 'forge' })
      assert.equal(await output(id, 'id -u; pwd; hostname'), '65534\n/tmp\nforge')
    })

    test("host namespaces are the host's, private ones are not", needsEngine, async () => {
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

    test('a privileged container has the capabilities that this host has', needsEngine, async () => {
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

    test('capabilities, resource limits and security options arrive', needsEngine, async () => {
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

    test('limits of processes arrive', needsEngine, async (t) => {
      if (!bed.setsUlimits) return t.skip('needs CAP_SYS_RESOURCE: without it the runtime drops such limits')
      // Podman raises whichever of these two is not given, as far as the host lets it.
      const nproc = { soft: 1000, hard: 1000 }
      const { pid } = await running({ ulimits: { nofile: { soft: 100, hard: 200 }, nproc } })
      assert.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max open files\s+100\s+200\b/m)
    })

    test("the recorded cgroups are those the container's first process is in", needsEngine, async () => {
      const { pid, cgroupPaths, engineCgroup, runtimeFamily, runtimeVersion } = await running()
      assert.ok(cgroupPaths)
      const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n')
      let compared = 0
      for (const line of lines) {
        const [, controllers = '', path] = line.split(':')
        for (const controller of controllers.split(',')) {
          // Docker's runc joins no cgroup of the unified hierarchy of a hybrid host, so none is recorded.
          if (cgroupPaths[controller] === undefined) continue
          assert.equal(cgroupPaths[controller], path, `controller "${controller}"`)
          compared += 1
        }
      }
      assert.ok(compared > 0)
      assert.ok('' in cgroupPaths || 'devices' in cgroupPaths)
      assert.ok(Object.values(cgroupPaths).includes(engineCgroup ?? ''), engineCgroup)
      assert.equal(runtimeFamily, 'runc')
      assert.match(runtimeVersion ?? '', /^\d+\.\d+/)
    })

    test(
      'the recorded cgroups stay as recorded when the process is moved elsewhere',
      needsEngine,
      async (t) => {
        const { id, pid, cgroupPaths } = await running()
        if (cgroupPaths?.['devices'] === undefined) return t.skip('needs a v1 devices hierarchy')
        writeFileSync('/sys/fs/cgroup/devices/cgroup.procs', String(pid))
        assert.deepEqual((await inspected(id)).cgroupPaths, cgroupPaths)
      },
    )

    test("the root overlay's upper directory is where the container writes", needsEngine, async () => {
      const { id, rootUpperDir } = await running()
      await engine.exec(id, ['sh', '-c', 'echo here > /etc/mark'])
      assert.equal(readFileSync(join(rootUpperDir ?? '', 'etc/mark'), 'utf8'), 'here\n')
    })

    test('health goes from starting to what the check says', needsEngine, async () => {
      const healthcheck = {
        test: ['CMD-SHELL', 'test -e /tmp/well'],
        intervalMs: 100,
        timeoutMs: 2000,
        retries: 2,
      }
      const { id, health } = await running({ healthcheck })
      assert.ok(health === 'starting' || health === 'unhealthy', health)
      await until(async () => (await inspected(id)).health === 'unhealthy')
      await engine.exec(id, ['touch', '/tmp/well'])
      await until(async () => (await inspected(id)).health === 'healthy')
      assert.equal((await running()).health, 'none')
    })

    test('arming sets the restart policy, disarming takes it back', needsEngine, async () => {
      const { id } = await running({ restartPolicy: 'unless-stopped' })
      await engine.armContainer(id, 'unless-stopped')
      const armed = (await inspected(id)).restartPolicy
      const version = (await engine.facts()).version.split('.').map(Number)
      const changeable = kind === 'docker' || (version[0] ?? 0) * 100 + (version[1] ?? 0) >= 501
      assert.equal(armed, changeable ? 'unless-stopped' : 'on-failure')
      await engine.armContainer(id, 'no')
      await engine.stopContainer(id, 1000)
      assert.equal((await inspected(id)).restartPolicy, 'no')
    })

    test('an armed container comes back when its first process is killed', needsEngine, async () => {
      const { id, pid } = await running({ restartPolicy: 'always' })
      await engine.armContainer(id, 'always')
      process.kill(pid, 'SIGKILL')
      await until(async () => {
        const container = await inspected(id)
        return container.status === 'running' && container.pid !== pid
      })
      await engine.armContainer(id, 'no')
    })

    test('exec gives both outputs and the exit code, and takes input', needsEngine, async () => {
      const { id } = await running()
      const result = await engine.exec(id, ['sh', '-c', 'cat; echo "no" >&2; exit 42'], { input: 'yes\n' })
      assert.deepEqual(result, { exitCode: 42, stdout: 'yes\n', stderr: 'no\n' })
      const long = await engine.exec(id, ['sh', '-c', 'seq 1 100000'])
      assert.equal(long.stdout.length, 588_895)
      const argument = 'a "b" $c \\ \n'
      assert.equal((await engine.exec(id, ['echo', argument])).stdout, `${argument}\n`)
    })

    test('exec of a missing program, or in a stopped container, is EXEC_FAILED', needsEngine, async () => {
      const { id } = await running()
      await assert.rejects(engine.exec(id, ['/no/such/program']), code('EXEC_FAILED'))
      await engine.stopContainer(id, 1000)
      await assert.rejects(engine.exec(id, ['true']), code('EXEC_FAILED'))
    })

    test('exec that takes too long is EXEC_TIMEOUT, and its process is gone', needsEngine, async () => {
      const { id } = await running()
      await assert.rejects(
        engine.exec(id, ['sh', '-c', 'sleep 4321; true'], { timeoutMs: 300 }),
        code('EXEC_TIMEOUT'),
      )
      await until(async () => !(await output(id, 'ps')).includes('sleep 4321'))
    })

    test('files can be put into a container, running or not', needsEngine, async () => {
      const id = await engine.createContainer(spec())
      await engine.putFiles(id, { '/deep/down/file': 'early\n' })
      await engine.startContainer(id)
      await engine.putFiles(id, { '/deep/down/other': 'late\n', '/tmp/x': '' })
      const command = 'cat /deep/down/file /deep/down/other; stat -c %u:%a /deep/down/file'
      const stdout = 'early\nlate\n0:644\n'
      assert.deepEqual(await engine.exec(id, ['sh', '-c', command]), { exitCode: 0, stdout, stderr: '' })
    })

    test('logs gives the last lines of both outputs', needsEngine, async () => {
      const { id } = await running({ command: ['sh', '-c', 'echo one; echo two >&2; sleep 0.2; echo three'] })
      await until(async () => (await inspected(id)).status === 'exited')
      assert.equal(await engine.logs(id, 1), 'three\n')
      assert.deepEqual((await engine.logs(id, 10)).trim().split('\n').toSorted(), ['one', 'three', 'two'])
    })

    test('runOnce sees no network, no host process and no host file', needsEngine, async () => {
      const command = [
        'sh',
        '-c',
        `ls /sys/class/net; ls -d /proc/${process.pid}; id -u; cat /etc/asked; grep NoNewPrivs /proc/self/status; exit 5`,
      ]
      const result = await engine.runOnce(IMAGE, {
        command,
        files: { '/etc/asked': 'the question\n' },
        timeoutMs: 20_000,
      })
      assert.deepEqual(result, {
        exitCode: 5,
        stdout: 'lo\n0\nthe question\nNoNewPrivs:\t1\n',
        stderr: `ls: /proc/${process.pid}: No such file or directory\n`,
      })
    })

    test('runOnce with a read-only root still takes files, mounts and a user', needsEngine, async () => {
      const source = join(bed.dir, 'asked')
      writeFileSync(source, 'from the host\n')
      const result = await engine.runOnce(IMAGE, {
        entrypoint: ['/bin/sh', '-c'],
        command: ['cat /run/deep/file /host; touch /x || id -u; echo tmp > /tmp/x && cat /tmp/x'],
        files: { '/run/deep/file': 'deep\n' },
        mounts: [
          { type: 'bind', source, target: '/host', readOnly: true },
          { type: 'tmpfs', source: '', target: '/tmp', readOnly: false, tmpfsMode: 0o1777 },
        ],
        readOnlyRoot: true,
        user: '65534',
        timeoutMs: 20_000,
      })
      assert.equal(result.stdout, 'deep\nfrom the host\n65534\ntmp\n')
      assert.match(result.stderr, /Read-only file system/)
    })

    test('runOnce leaves nothing behind, also when it takes too long', needsEngine, async () => {
      const earlier = await engine.listContainers({})
      await assert.rejects(
        engine.runOnce(IMAGE, { command: ['sleep', '1000'], timeoutMs: 300 }),
        code('EXEC_TIMEOUT'),
      )
      await assert.rejects(
        engine.runOnce(IMAGE, { command: ['/no'], timeoutMs: 1000 }),
        code('CONTAINER_START_FAILED'),
      )
      assert.deepEqual((await engine.listContainers({})).length, earlier.length)
    })

    test('runOnce removes what a killed run left behind', needsEngine, async () => {
      const left = await engine.createContainer(spec({ labels: { 'io.anneal.run-once': '4194304' } }))
      await engine.runOnce(IMAGE, { command: ['true'], timeoutMs: 20_000 })
      assert.equal(await engine.inspectContainer(left), undefined)
    })

    test('removing is refused while it runs, forced at once, and idempotent', needsEngine, async () => {
      const { id } = await running({ command: STUBBORN })
      await assert.rejects(engine.removeContainer(id, { force: false }))
      const began = performance.now()
      await engine.removeContainer(id, { force: true })
      assert.ok(performance.now() - began < 5000)
      await engine.removeContainer(id, { force: true })
      await engine.removeContainer(id, { force: false })
      assert.equal(await engine.inspectContainer(id), undefined)
    })

    test(
      'builds from a tar of the context, with arguments, labels and a healthcheck',
      needsEngine,
      async (t) => {
        if (kind === 'podman' && (await major()) >= 5 && !bed.raisesLimits) {
          return t.skip('needs CAP_SYS_RESOURCE: Podman 5 raises limits for each step of a build')
        }
        const dockerfile = `FROM ${IMAGE}\nARG what\nCOPY file /file\nHEALTHCHECK --interval=1s CMD true\nRUN echo built $what\nLABEL a=b\nUSER nobody\n`
        const lines: string[] = []
        const image = await engine.buildImage(tarOf({ 'sub/Dockerfile': dockerfile, file: 'content' }), {
          tag: 'localhost/anneal-built:1',
          dockerfile: 'sub/Dockerfile',
          buildArgs: { what: 'iron' },
          labels: { c: 'd' },
          networkMode: 'host',
          onOutput: (line) => lines.push(line),
        })
        assert.ok(lines.includes('built iron'), lines.join('\n'))
        assert.equal(image.user, 'nobody')
        assert.deepEqual([image.labels['a'], image.labels['c']], ['b', 'd'])
        assert.deepEqual(image.tags, ['localhost/anneal-built:1'])
        assert.notEqual(
          (await running({ image: 'localhost/anneal-built:1', command: ['sleep', '1000'] })).health,
          'none',
        )
      },
    )

    test('a build that fails is IMAGE_BUILD_FAILED with its last lines', needsEngine, async () => {
      const context = tarOf({ Dockerfile: `FROM ${IMAGE}\nRUN echo cracked && exit 9\n` })
      await assert.rejects(
        engine.buildImage(context, { tag: 'localhost/broken:1', networkMode: 'host' }),
        (error) => {
          assert.ok(isAnnealError(error, 'IMAGE_BUILD_FAILED'))
          assert.match(error.remedy, /cracked/)
          return true
        },
      )
    })

    test('pulls by digest, with progress that only grows', needsRegistry, async () => {
      const reference = `${slow.host}/forge/hammer@${digest}`
      const progress: PullProgress[] = []
      const image = await engine.pullImage(reference, { onProgress: (step) => progress.push(step) })
      assert.ok(image.repoDigests.includes(reference), image.repoDigests.join(' '))
      assert.equal(image.labels['marker'], 'one')
      for (const [index, step] of progress.entries()) {
        const last = progress[index - 1]
        assert.ok(step.doneBytes <= step.totalBytes)
        assert.ok(
          last === undefined || (step.doneBytes >= last.doneBytes && step.layersDone >= last.layersDone),
        )
      }
      const end = progress.at(-1)
      // Podman counts the image's configuration with the layers.
      assert.equal(end?.layersTotal, kind === 'docker' ? 3 : 4)
      assert.equal(end?.layersDone, end?.layersTotal)
      assert.ok((end?.doneBytes ?? 0) > 3 << 20, JSON.stringify(end))
      assert.ok(new Set(progress.map(({ doneBytes }) => doneBytes)).size > 2)
      assert.equal((await engine.inspectImage(reference))?.id, image.id)
      // A second pull finds everything there.
      assert.equal((await engine.pullImage(reference, {})).id, image.id)
    })

    test('pulls by tag, for a release that is being locked', needsRegistry, async () => {
      const image = await engine.pullImage(`${open.host}/forge/hammer:two`, {})
      assert.ok(image.repoDigests.includes(`${open.host}/forge/hammer@${otherDigest}`))
    })

    test('what the registry does not have is IMAGE_NOT_FOUND', needsRegistry, async () => {
      const absent = `sha256:${'1'.repeat(64)}`
      await assert.rejects(
        engine.pullImage(`${open.host}/forge/hammer@${absent}`, {}),
        code('IMAGE_NOT_FOUND'),
      )
      await assert.rejects(engine.pullImage(`${open.host}/forge/hammer:three`, {}), code('IMAGE_NOT_FOUND'))
      await assert.rejects(engine.pullImage(`${open.host}/no/such:one`, {}), code('IMAGE_NOT_FOUND'))
    })

    test(
      'a registry that gives another image for the digest is IMAGE_DIGEST_MISMATCH',
      needsRegistry,
      async () => {
        const reference = `${lying.host}/forge/hammer@${unseenDigest}`
        await assert.rejects(engine.pullImage(reference, {}), code('IMAGE_DIGEST_MISMATCH'))
        assert.equal(await engine.inspectImage(reference), undefined)
      },
    )

    test(
      'a registry that wants a login gets it from the auth files, or refuses',
      needsRegistry,
      async (t) => {
        const reference = `${closed.host}/forge/anvil:one`
        const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')
        const folder = join(dir, 'login')
        mkdirSync(folder)
        isolateLogins(t, folder)
        const write = (auths: object) => writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths }))
        await assert.rejects(engine.pullImage(reference, {}), code('REGISTRY_AUTH_REQUIRED'))
        write({ [closed.host]: { auth: Buffer.from('anneal:wrong').toString('base64') } })
        await assert.rejects(engine.pullImage(reference, {}), code('REGISTRY_AUTH_REQUIRED'))
        write({ [closed.host]: { auth } })
        assert.equal((await engine.pullImage(reference, {})).labels['marker'], 'one')
      },
    )

    test('a registry that does not answer is REGISTRY_UNREACHABLE', needsRegistry, async () => {
      const reference = `127.0.0.1:${await freePort()}/forge/hammer@${digest}`
      await assert.rejects(engine.pullImage(reference, {}), code('REGISTRY_UNREACHABLE'))
    })

    test('a pull can be given up', needsRegistry, async () => {
      const pulling = engine.pullImage(`${silentHost()}/forge/hammer:one`, {
        signal: AbortSignal.timeout(500),
      })
      await assert.rejects(pulling, { name: /Abort|Timeout/ })
    })

    test('a disk that is full is DISK_FULL', needsRegistry, async (t) => {
      // Enough for an engine to begin with, not for an image of 6 MB.
      const small = await openBed(kind, { insecureRegistries: [open.host], diskMiB: 4 })
      t.after(small.close)
      await assert.rejects(
        small.engine.pullImage(`${open.host}/forge/hammer@${digest}`, {}),
        code('DISK_FULL'),
      )
      const big = tarOf({ big: 'x'.repeat(8 << 20) })
      await assert.rejects(small.engine.importImage(big, 'localhost/big:1', {}), code('DISK_FULL'))
    })

    test(
      'a right of the kernel that this host lacks is CAPABILITY_MISSING, by name',
      needsEngine,
      async (t) => {
        const absent = await missingCapabilitiesHere()
        if (absent.length === 0) return t.skip('needs a host that lacks a capability')
        if (kind === 'docker' && (await major()) > 20) {
          return t.skip('needs Docker 20: later ones leave out by themselves what the host lacks')
        }
        const demanding = await bed.createDemanding(spec({ privileged: true }))
        await assert.rejects(demanding.engine.startContainer(demanding.id), (error) => {
          assert.ok(isAnnealError(error, 'CAPABILITY_MISSING'), String(error))
          assert.ok(absent.every((name) => error.message.includes(name) && error.remedy.includes(name)))
          return true
        })
      },
    )

    test('start and stop are quick: the outage of an upgrade is made of them', needsEngine, async (t) => {
      for (const pidMode of [undefined, 'host']) {
        const id = await engine.createContainer(
          spec({ networkMode: 'host', ...(pidMode === undefined ? {} : { pidMode }) }),
        )
        const started: number[] = []
        const stopped: number[] = []
        for (let round = 0; round < 5; round += 1) {
          started.push(await timed(() => engine.startContainer(id)))
          await ready(engine, id, round + 1)
          stopped.push(await timed(() => engine.stopContainer(id, 5000)))
        }
        t.diagnostic(
          `${kind}, ${pidMode ?? 'private'} pid: start ${summary(started)}, stop ${summary(stopped)}`,
        )
        assert.ok(Math.min(...started, ...stopped) < 3000)
      }
    })
  })
}

function code(wanted: string): (error: unknown) => true {
  return (error) => {
    assert.ok(isAnnealError(error), String(error))
    assert.equal(error.code, wanted, error.message)
    return true
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 20_000; performance.now() < deadline; await delay(50)) {
    if (await condition()) return
  }
  assert.fail('it did not come about within 20 s')
}

/** The container's trap is set once it has printed. */
async function ready(engine: Engine, id: string, times = 1): Promise<void> {
  await until(async () => (await engine.logs(id, 1000)).split('ready').length > times)
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

function tarOf(files: Readonly<Record<string, string>>): NodeJS.ReadableStream {
  const tar = pack()
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content)
  tar.finalize()
  return tar as unknown as NodeJS.ReadableStream
}

/** Only the given folder's auth file is seen until the test ends. */
function isolateLogins(t: TestContext, folder: string): void {
  const changes = { DOCKER_CONFIG: folder, REGISTRY_AUTH_FILE: join(folder, 'none.json') }
  const saved = Object.keys(changes).map((name) => [name, process.env[name]] as const)
  Object.assign(process.env, changes)
  t.after(() => {
    for (const [name, value] of saved) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
}

/** Command lines of this host that hold the text, looked at as often as the machine allows. */
async function watchArgv(text: string, signal: AbortSignal): Promise<readonly string[]> {
  const { readdir, readFile } = await import('node:fs/promises')
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

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function summary(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  return `median ${Math.round(sorted[sorted.length >> 1] ?? 0)} ms, worst ${Math.round(sorted.at(-1) ?? 0)} ms`
}
