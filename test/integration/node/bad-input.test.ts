/**
 * What goes wrong before or while a release is put on a node: each time an exit code, an error code with a remedy, and
 * a node that is as it was: every container the same one in the same state, the guest the same process and ticking.
 */
import assert from 'node:assert/strict'
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { after, before, beforeEach, describe, test } from 'node:test'
import { startGuest } from '../../../lab/index.ts'
import { ComputeNode, refusalIn } from './support/compute-node.ts'
import type { Alive, Refusal, Status } from './support/compute-node.ts'
import { TINY_IMAGE, secondEngine, sleepingRelease } from './support/second-engine.ts'
import { smallRelease } from './support/small-release.ts'

const REGISTRY = '/usr/bin/docker-registry'
const REGISTRY_ADDRESS = '127.0.0.1:5000'
/** CAP_SYS_RESOURCE of the bounding set (capabilities(7)). */
const GRANTS_ALL =
  ((BigInt(`0x${/^CapBnd:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`) >> 24n) & 1n) ===
  1n

type Report = Readonly<{
  outcome: string
  reason?: Readonly<{ code: string; message: string; remedy: string }>
}>

describe('bad input', { concurrency: false }, () => {
  let node: ComputeNode
  let guest: Alive
  let next: string
  let untouched: readonly string[]

  before(async () => {
    node = await ComputeNode.up({ name: 'bad-input', engine: 'docker' }, 'docker')
    await node.expect(0, 'node', 'upgrade', await node.lock({ mark: 'good', stdio: 'file' }))
    guest = await node.alive(
      await startGuest(node.host, { name: 'bad-input-vm', via: await node.container() }),
    )
    next = await node.lock({ mark: 'next', stdio: 'file' })
  })
  after(async () => {
    await node.down()
  })
  beforeEach(async () => {
    untouched = await node.containers()
  })

  async function assertNodeUnchanged(): Promise<void> {
    assert.deepEqual(await node.containers(), untouched, 'every container is the one it was')
    await node.assertUntouched(guest)
  }

  /** The command must end so, with an error in JSON on stderr, and change nothing. */
  async function assertRefused(exit: number, code: string, words: readonly string[]): Promise<Refusal> {
    const answer = await node.anneal(words)
    assert.equal(answer.exitCode, exit, `${answer.stderr}${answer.stdout.slice(0, 2000)}`)
    const refusal = refusalIn(answer.stderr)
    assert.equal(refusal.code, code)
    assert.equal(refusal.exit, exit)
    assert.ok(refusal.remedy.length > 0)
    await assertNodeUnchanged()
    return refusal
  }

  /** The run must end so, with this reason in its report, and leave the node as it was. */
  async function assertRunFailed(
    exit: number,
    outcome: string,
    codes: readonly string[],
    words: readonly string[],
  ): Promise<Report> {
    const report = await node.expect<Report>(exit, ...words)
    assert.equal(report.outcome, outcome)
    assert.ok(codes.includes(report.reason?.code ?? ''), JSON.stringify(report.reason))
    assert.ok((report.reason?.remedy ?? '').length > 0)
    return report
  }

  /** The locked release `next`, with another image for the service that sleeps. */
  async function withImage(mark: string, image: string): Promise<string> {
    const text = await node.host.must(['cat', next])
    const file = `/etc/anneal/${mark}.locked.yaml`
    await node.write(
      file,
      text.replace('command: [sleep, infinity]', `command: [sleep, infinity]\n    image: ${image}`),
    )
    return file
  }

  test('a malformed Compose file is refused with line and column', async () => {
    const broken = smallRelease({ mark: 'broken' }).replace('cgroup: host', 'cgroup: [host')
    await node.write('/etc/anneal/broken.yaml', broken)
    const refusal = await assertRefused(4, 'RELEASE_INVALID', ['node', 'upgrade', '/etc/anneal/broken.yaml'])
    assert.match(refusal.message, /broken\.yaml:\d+:\d+/)
  })

  test('a key that Compose does not have is refused with line and column', async () => {
    const text = smallRelease({ mark: 'typo' })
    const line = text.slice(0, text.indexOf('privileged: true')).split('\n').length
    await node.write('/etc/anneal/typo.yaml', text.replace('privileged: true', 'priviliged: true'))
    const refusal = await assertRefused(4, 'RELEASE_INVALID', ['node', 'upgrade', '/etc/anneal/typo.yaml'])
    assert.ok(refusal.message.includes(`typo.yaml:${line}:5`), refusal.message)
  })

  test('an image that nobody knows cannot be locked', async () => {
    const text = smallRelease({ mark: 'unknown' }).replaceAll('localhost/anneal/', 'localhost/nobody/')
    await node.write('/etc/anneal/unknown.yaml', text)
    await assertRefused(8, 'LOCK_IMAGE_UNKNOWN', ['node', 'lock', '/etc/anneal/unknown.yaml'])
  })

  test('a release that is not pinned is no release', async () => {
    await node.write('/etc/anneal/unpinned.yaml', smallRelease({ mark: 'unpinned' }))
    await assertRefused(4, 'RELEASE_UNPINNED', ['node', 'upgrade', '/etc/anneal/unpinned.yaml'])
  })

  test('a digest that a registry lacks, or answers with something else, ends the run before the switch', async (t) => {
    if (!existsSync(REGISTRY)) return t.skip('no docker-registry here (apt-get install docker-registry)')
    const digest = await startRegistry()
    const good = await withImage('registry', `${REGISTRY_ADDRESS}/tiny@${digest}`)
    await node.expect(0, 'node', 'plan', good)
    const missing = await withImage('missing', `${REGISTRY_ADDRESS}/tiny@sha256:${'5'.repeat(64)}`)
    await assertRunFailed(1, 'abandoned', ['IMAGE_NOT_FOUND'], ['node', 'upgrade', missing])
    await assertNodeUnchanged()
    // The registry's copy of the manifest gets another byte: still a manifest, but not the one that was asked for.
    const [algorithm = '', hex = ''] = digest.split(':')
    await node.host.sh(
      `echo >>/run/registry/docker/registry/v2/blobs/${algorithm}/${hex.slice(0, 2)}/${hex}/data`,
    )
    await assertRunFailed(1, 'abandoned', ['IMAGE_DIGEST_MISMATCH'], ['node', 'upgrade', good])
    await assertNodeUnchanged()
    await node.assertAtRest()
  })

  /** A registry on the host's own loopback, with one image in it; the digest of that. */
  async function startRegistry(): Promise<string> {
    copyFileSync(REGISTRY, await node.host.path('/usr/local/bin/docker-registry'))
    const config = {
      version: 0.1,
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: '/run/registry' } },
      http: { addr: REGISTRY_ADDRESS },
    }
    await node.write('/run/registry.yml', JSON.stringify(config))
    const output = await node.host.sh(`chmod +x /usr/local/bin/docker-registry
      setsid docker-registry serve /run/registry.yml >/run/registry.log 2>&1 </dev/null &
      ${TINY_IMAGE} | docker import - ${REGISTRY_ADDRESS}/tiny:1 >/dev/null
      for n in $(seq 50); do
        docker push ${REGISTRY_ADDRESS}/tiny:1 2>/dev/null | grep -o 'sha256:[0-9a-f]\\{64\\}' | tail -n 1 >/run/pushed
        [ -s /run/pushed ] && break
        sleep 0.2
      done
      docker image rm ${REGISTRY_ADDRESS}/tiny:1 >/dev/null
      cat /run/pushed`)
    assert.match(output, /^sha256:[0-9a-f]{64}$/m)
    return output.trim()
  }

  for (const [what, free] of [
    ['not a byte', 0],
    ['too little for a run', 200],
  ] as const) {
    test(`a state directory with ${what} left is refused before anything is touched`, async () => {
      await node.host.sh(`mkdir -p /run/full; mount -t tmpfs -o size=4m full /run/full
        cp -a /var/lib/anneal/. /run/full/; rm -f /run/full/reserve
        dd if=/dev/zero of=/run/full/ballast bs=4k 2>/dev/null || true
        truncate -s -${free}k /run/full/ballast`)
      try {
        const words = ['node', 'upgrade', next, '--state', '/run/full']
        await assertRefused(1, 'STATE_UNWRITABLE', words)
        await node.expect(0, 'node', 'status', '--state', '/run/full')
      } finally {
        await node.host.sh('umount /run/full')
      }
    })
  }

  test('an engine with hardly any storage left is refused', async () => {
    const second = await secondEngine(node.host)
    try {
      await second.resize('300m')
      await node.write('/etc/anneal/lone.yaml', sleepingRelease(second.image))
      const engine = ['--engine-socket', second.socket, '--state', '/run/second-state']
      await assertRunFailed(
        4,
        'refused',
        ['DISK_LOW'],
        ['node', 'upgrade', '/etc/anneal/lone.yaml', ...engine],
      )
      assert.equal(await second.containers(), '')
      await assertNodeUnchanged()
    } finally {
      await second.stop()
    }
  })

  test('an engine that cannot grant every capability has its own error, and nothing remains', async (t) => {
    if (GRANTS_ALL) return t.skip('this machine grants CAP_SYS_RESOURCE to its containers')
    const second = await secondEngine(node.host)
    try {
      await node.write('/etc/anneal/lone.yaml', sleepingRelease(second.image))
      const engine = ['--engine-socket', second.socket, '--state', '/run/second-state-2']
      const words = ['node', 'upgrade', '/etc/anneal/lone.yaml', ...engine]
      await assertRunFailed(6, 'rolledBack', ['CAPABILITY_MISSING'], words)
      assert.equal(await second.containers(), '')
      await node.expect(0, 'node', 'status', ...engine)
      await assertNodeUnchanged()
    } finally {
      await second.stop()
    }
  })

  test('a second upgrade is refused and told who holds the node', async () => {
    // The first is stopped in its tracks, holding the lock; killed, it leaves a run that recover abandons.
    const pid = await node.host.sh(
      `exec 3< <(exec /opt/anneal/anneal node upgrade ${next} --progress=jsonl --json 2>&1 >/dev/null)
       tool=$!; read -r line <&3; kill -STOP $tool; echo $tool`,
      { env: { ANNEAL_ENGINE: 'docker' } },
    )
    try {
      const refusal = await assertRefused(5, 'NODE_LOCKED', ['node', 'upgrade', next])
      assert.ok(refusal.message.includes(`upgrade, pid ${pid.trim()}, since `), refusal.message)
    } finally {
      await node.host.sh(`kill -KILL ${pid.trim()}`)
    }
    const recovery = await node.expect<{ report?: Report }>(0, 'node', 'recover')
    assert.equal(recovery.report?.outcome, 'abandoned')
    await assertNodeUnchanged()
    await node.assertAtRest()
  })

  test('a user who is not root gets an error that says so', async () => {
    for (const words of [['upgrade', next], ['recover'], ['status']]) {
      const argv = [
        'setpriv',
        '--reuid=65534',
        '--regid=65534',
        '--clear-groups',
        '/opt/anneal/anneal',
        'node',
        ...words,
      ]
      const answer = await node.host.exec([...argv, '--json'], { env: { ANNEAL_ENGINE: 'docker' } })
      assert.equal(answer.exitCode, 8, answer.stderr)
      const refusal = refusalIn(answer.stderr)
      assert.equal(refusal.code, 'NOT_ROOT')
      assert.ok(refusal.remedy.length > 0)
    }
    await assertNodeUnchanged()
  })

  test('a disk that is being copied in a container holds up its upgrade, until it is copied', async () => {
    const container = await node.container()
    const copy = 'head -c 40M /dev/urandom >/tmp/from; exec qemu-img convert -r 1M -O raw /tmp/from /tmp/to'
    await node.host.must(['docker', 'exec', '--detach', container, 'sh', '-c', copy])
    await node.host.sh('until pgrep --exact qemu-img; do sleep 0.1; done')
    const refused = await node.expect<Report>(4, 'node', 'upgrade', next)
    assert.equal(refused.reason?.code, 'DISK_WORK_UNDER_WAY')
    assert.match(refused.reason.message, /qemu-img convert \(pid \d+\)/)
    await assertNodeUnchanged()
    await node.host.sh('kill $(pgrep --exact qemu-img); while pgrep --exact qemu-img; do sleep 0.1; done')
    const clear = await node.expect<Readonly<{ check: { verdict: string } }>>(0, 'node', 'plan', next)
    assert.equal(clear.check.verdict, 'clear')
  })

  test('who cannot see the host’s processes, as in a container of their own, finds nothing safe', async () => {
    for (const words of [['kill-set'], ['doctor'], ['rescue'], ['plan', next], ['upgrade', next]]) {
      const argv = ['unshare', '--pid', '--fork', '--mount-proc', '/opt/anneal/anneal', 'node', ...words]
      const answer = await node.host.exec([...argv, '--json'], { env: { ANNEAL_ENGINE: 'docker' } })
      assert.equal(answer.exitCode, 8, `${words[0]}: ${answer.stderr}${answer.stdout.slice(0, 2000)}`)
      assert.match(`${answer.stderr}${answer.stdout}`, /PROCESSES_HIDDEN/)
      await assertNodeUnchanged()
    }
    await node.assertAtRest()
  })

  test('a secret in the environment is refused, and its value stands nowhere', async () => {
    const secret = 'tempered-4711-steel'
    const text = await node.host.must(['cat', next])
    const told = text.replace(
      'environment: { STDIO_HANDLER: file }',
      `environment: { STDIO_HANDLER: file, OS_PASSWORD: ${secret} }`,
    )
    assert.notEqual(told, text)
    await node.write('/root/secret.locked.yaml', told)
    await node.write('/root/secret.yaml', told.replace(/ # localhost.*$/gm, ''))
    for (const words of [
      ['upgrade', '/root/secret.locked.yaml'],
      ['upgrade', '/root/secret.locked.yaml', '--dry-run'],
      ['plan', '/root/secret.locked.yaml'],
      ['lock', '/root/secret.yaml', '--output', '/root/secret.out.yaml'],
    ]) {
      const answer = await node.anneal(['node', ...words])
      assert.equal(answer.exitCode, 4, `${words[0]}: ${answer.stderr}`)
      const refusal = refusalIn(answer.stderr)
      assert.equal(refusal.code, 'RELEASE_HOLDS_SECRETS')
      assert.ok(refusal.remedy.length > 0)
      assert.ok(!`${answer.stdout}${answer.stderr}`.includes(secret), `${words[0]} prints no secret`)
    }
    const found = await node.host.exec([
      'grep',
      '--recursive',
      '--files-with-matches',
      secret,
      '/var/lib/anneal',
      '/run/anneal',
      '/root/secret.out.yaml',
    ])
    assert.equal(found.stdout, '', 'no file of Anneal holds it')
    const inspected = await node.host.sh('docker inspect $(docker ps --all --quiet)')
    assert.ok(!inspected.includes(secret))
    await assertNodeUnchanged()
  })

  // Last: it takes the engine away, and libvirt's container with it.
  test('a missing engine is an error that says so, and the guest runs on', async () => {
    const status = await node.assertAtRest()
    await node.host.sh('systemctl stop docker.socket docker.service')
    for (const words of [['upgrade', next], ['recover'], ['status'], ['plan', next]]) {
      const answer = await node.anneal(['node', ...words])
      assert.equal(answer.exitCode, 8, `${words[0]}: ${answer.stderr}`)
      const refusal = refusalIn(answer.stderr)
      assert.equal(refusal.code, 'ENGINE_UNREACHABLE')
      assert.ok(refusal.remedy.length > 0)
    }
    await node.assertUntouched(guest, 'down')
    await node.host.sh('systemctl start docker.service')
    await node.expect(0, 'node', 'recover')
    const later = await node.expect<Status>(0, 'node', 'status')
    assert.equal(later.release, status.release)
    await assertNodeUnchanged()
  })
})
