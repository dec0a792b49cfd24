import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { Host, imageReference } from '../../lab/index.ts'
import { chosenHost } from '../integration/node/support/chosen-host.ts'
import { ComputeNode } from '../integration/node/support/compute-node.ts'

const IMAGE = 'nova-libvirt:bookworm'
/** Units beside that of the container: by what they hang on it. `Wants` is none of systemd's reasons to stop one. */
const BESIDE = { BindsTo: 7200001, PartOf: 7200002, Requires: 7200003, Wants: 7200004 } as const
type Kind = keyof typeof BESIDE
const KINDS = Object.keys(BESIDE) as readonly Kind[]
/** In the container of the unit, and in one that has none. */
const [IN_UNIT, IN_PLAIN, IN_ONCE] = [7200010, 7200011, 7200012]
/** Units with StopWhenUnneeded=: of the second one, another unit than that of the container has need. */
const UNNEEDED = [
  ['unneeded', 7200020],
  ['needed', 7200021],
] as const

type KillSets = Readonly<{
  killSets: readonly Readonly<{
    doomed: readonly Readonly<{ pid: number; mechanisms: readonly string[] }>[]
  }>[]
}>

describe('units that systemd stops with the one of a container, and containers that it stops with the engine', () => {
  let node: ComputeNode
  before(async () => {
    node = await ComputeNode.on(
      await Host.up(
        chosenHost({
          name: 'bound-units',
          engine: 'docker',
          init: 'systemd',
          liveRestore: true,
          images: [IMAGE],
        }),
      ),
      'docker',
    )
    const run = (name: string, seconds: number): string =>
      `--name ${name} --privileged --pid host --network host --entrypoint sleep ${imageReference(IMAGE)} ${seconds}`
    await node.host.sh(
      `docker create ${run('nova_libvirt', IN_UNIT)}; docker run --detach ${run('plain', IN_PLAIN)}`,
    )
    await node.write(
      '/etc/systemd/system/owner.service',
      `[Unit]
Requires=docker.service
After=docker.service
[Service]
ExecStart=/usr/bin/docker start -a nova_libvirt
ExecStop=/usr/bin/docker stop -t 5 nova_libvirt
Restart=always
RestartSec=2
`,
    )
    // Beside a unit that does not start its container again.
    await node.host.sh(`docker create ${run('once', IN_ONCE)}`)
    await node.write(
      '/etc/systemd/system/once.service',
      `[Unit]\nWants=${UNNEEDED.map(([name]) => `${name}.service`).join(' ')}\n[Service]\nExecStart=/usr/bin/docker start -a once\n`,
    )
    await node.write(
      '/etc/systemd/system/stays.service',
      '[Unit]\nWants=needed.service\n[Service]\nExecStart=/usr/bin/sleep 7200030\n',
    )
    for (const [name, seconds] of UNNEEDED)
      await node.write(
        `/etc/systemd/system/${name}.service`,
        `[Unit]\nStopWhenUnneeded=yes\n[Service]\nExecStart=/usr/bin/sleep ${seconds}\n`,
      )
    for (const kind of KINDS)
      await node.write(
        `/etc/systemd/system/beside-${kind}.service`,
        `[Unit]\n${kind}=owner.service\nAfter=owner.service\n[Service]\nExecStart=/usr/bin/sleep ${BESIDE[kind]}\n`,
      )
  })
  after(() => node?.down())

  const begin = async (): Promise<void> => {
    await node.host.sh(
      `systemctl daemon-reload; systemctl restart owner ${KINDS.map((kind) => `beside-${kind}`).join(' ')}`,
    )
    for (let n = 0; n < 100 && (await pidOf(IN_UNIT)) === 0; n++) await sleep(200)
  }
  const pidOf = async (seconds: number): Promise<number> =>
    Number((await node.host.sh(`pgrep -xf "(/usr/bin/)?sleep ${seconds}" || true`)).trim())
  const said = (...words: readonly string[]): Promise<ReadonlySet<number>> => saidOf('nova_libvirt', ...words)
  const saidOf = async (...words: readonly string[]): Promise<ReadonlySet<number>> => {
    const { value } = await node.anneal<KillSets>(['node', 'kill-set', ...words])
    return new Set(value.killSets.flatMap(({ doomed }) => doomed.map(({ pid }) => pid)))
  }

  test('the kill set names the processes of those that end with it, and no other', async (t) => {
    await begin()
    const pids = new Map<Kind, number>()
    for (const kind of KINDS) pids.set(kind, await pidOf(BESIDE[kind]))
    assert.ok([...pids.values()].every((pid) => pid > 0))
    const doomed = await said()
    await node.host.must(['docker', 'stop', '--time', '2', 'nova_libvirt'])
    await sleep(8000)
    const gone: Kind[] = []
    for (const [kind, pid] of pids) if ((await pidOf(BESIDE[kind])) !== pid) gone.push(kind)
    t.diagnostic(`ended with the container: ${gone.join(', ')}`)
    assert.deepEqual(
      gone.filter((kind) => !doomed.has(pids.get(kind) ?? 0)),
      [],
      'died, and were not said',
    )
    assert.deepEqual(
      KINDS.filter((kind) => doomed.has(pids.get(kind) ?? 0)),
      gone,
      'said, and did not die',
    )
  })

  test('what systemd stops once the unit of a container needs it no longer is named, and what another unit needs is not', async () => {
    await node.host.sh('systemctl daemon-reload; systemctl start stays once')
    for (let n = 0; n < 100 && (await pidOf(IN_ONCE)) === 0; n++) await sleep(200)
    const [unneeded, needed] = [await pidOf(UNNEEDED[0][1]), await pidOf(UNNEEDED[1][1])]
    assert.ok(unneeded > 0 && needed > 0)
    const doomed = await saidOf('once')
    assert.deepEqual([doomed.has(unneeded), doomed.has(needed)], [true, false])
    await node.host.must(['docker', 'stop', '--time', '2', 'once'])
    await sleep(3000)
    assert.deepEqual([await pidOf(UNNEEDED[0][1]), await pidOf(UNNEEDED[1][1])], [0, needed])
  })

  test('a unit with which systemd ends the whole host is not called safe', async () => {
    await begin()
    const drop = '/run/systemd/system/owner.service.d'
    await node.host.sh(
      `mkdir -p ${drop}; printf '[Unit]\\nFailureAction=reboot\\n' >${drop}/end.conf; systemctl daemon-reload`,
    )
    const { findings } = await node.expect<{ findings: readonly { code: string; evidence: string }[] }>(
      3,
      'node',
      'kill-set',
      'nova_libvirt',
    )
    assert.deepEqual(
      findings.map(({ code, evidence }) => `${code} ${evidence}`),
      ['CONTAINER_UNIT_ENDS owner.service has FailureAction=reboot'],
    )
    await node.host.sh(`rm -r ${drop}; systemctl daemon-reload`)
    await node.expect(0, 'node', 'kill-set', 'plain')
  })

  test('with live-restore, the container of a unit that requires docker.service stops with it, and another one runs on', async () => {
    await begin()
    const [inUnit, inPlain] = [await pidOf(IN_UNIT), await pidOf(IN_PLAIN)]
    assert.ok(inUnit > 0 && inPlain > 0)
    assert.ok((await said('--cause', 'engine-stopped')).has(inUnit))
    await node.host.must(['systemctl', 'restart', 'docker'])
    assert.equal(await pidOf(IN_PLAIN), inPlain)
    assert.notEqual(await pidOf(IN_UNIT), inUnit)
  })
})
