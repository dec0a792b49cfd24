import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'

import {
  byHandArguments,
  imageReference,
  runLibvirt,
  startGuest,
  tickGaps,
  ticks,
  waitForLibvirt,
} from '../../../lab/index.ts'
import type { NestedEngine } from '../../../lab/index.ts'
import { ComputeNode } from './support/compute-node.ts'
import { kollaUnit, unitState } from './support/kolla-unit.ts'
import { watchLibvirts } from './support/watch-libvirts.ts'

type Finding = Readonly<{ code: string; severity: string; subject: string; evidence: string; remedy: string }>
type Planned = Readonly<{ check: Readonly<{ verdict: string; findings: readonly Finding[] }> }>
type Recovery = Readonly<{ problems: readonly Readonly<{ code: string; message: string }>[] }>

const NAME = 'nova_libvirt'
const IMAGE = 'nova-libvirt:bookworm'
const ADOPT = ['--adopt', `libvirt=${NAME}`]

/** How each engine's users have systemd run a container: as Kolla does, and as `podman generate systemd --new` does. */
const UNIT: Readonly<Record<NestedEngine, string>> = {
  docker: `kolla-${NAME}-container.service`,
  podman: `container-${NAME}.service`,
}

for (const engine of ['docker', 'podman'] as const) {
  describe(`who owns a container, on ${engine}`, () => {
    let node: ComputeNode
    let file: string
    before(async () => {
      node = await ComputeNode.up({ name: `owners-${engine}`, engine }, engine)
      file = await node.lock({ mark: 'one' })
    })
    after(() => node?.down())

    const found = (planned: Planned): readonly string[] =>
      planned.check.findings
        .filter(({ severity }) => severity !== 'info')
        .map(({ severity, code }) => `${severity} ${code}`)

    const assertDisarmed = async (why?: string): Promise<void> => {
      const [state, ...rest] = await unitState(node, UNIT[engine])
      assert.deepEqual(rest, ['no', 'enabled'], why)
      // Podman’s conmon, the main process, waits on while a guest lives that was started in its container.
      if (engine === 'docker') assert.equal(state, 'inactive', why)
    }

    test('a container of --rm that no unit creates is not taken over', async () => {
      await runLibvirt(node.host, { name: NAME, image: IMAGE, engine, extra: ['--rm'] })
      const planned = await node.expect<Planned>(4, 'node', 'plan', file, ...ADOPT)
      assert.deepEqual(found(planned), ['refuse CONTAINER_REMOVES_ITSELF'])
      await node.expect(4, 'node', 'upgrade', file, ...ADOPT)
      const [running] = await node.containers()
      assert.match(running ?? '', /^\/?nova_libvirt running /, 'it was not touched')
      await node.expect(0, 'node', 'recover')
      await node.host.must([engine, 'rm', '--force', NAME])
    })

    test('the plan names the unit that keeps a container running, and the doctor warns of it', async () => {
      await node.host.must([engine, 'create', ...byHandArguments({ name: NAME, image: IMAGE, engine })])
      if (engine === 'docker') await node.write(`/etc/systemd/system/${UNIT.docker}`, kollaUnit(NAME))
      else {
        await node.host.sh(
          `podman generate systemd --new --restart-policy=always --name ${NAME} >/etc/systemd/system/${UNIT.podman}; podman rm ${NAME}`,
        )
      }
      await node.host.sh(`systemctl daemon-reload; systemctl enable --now ${UNIT[engine]}`)
      await waitForLibvirt(node.host, NAME, engine)
      const untouched = await node.containers()
      const planned = await node.expect<Planned>(0, 'node', 'plan', file, ...ADOPT)
      const owned = planned.check.findings.find(({ code }) => code === 'SUPERVISOR_DISARMED')
      assert.ok(owned !== undefined && owned.evidence.includes(UNIT[engine]), owned?.evidence)
      assert.match(owned.evidence, /Restart=always.*starts it at boot/)
      assert.deepEqual(await node.containers(), untouched, 'nothing was touched')
      const doctor = await node.anneal<Readonly<{ findings: readonly Finding[] }>>(['node', 'doctor'])
      assert.ok(
        doctor.value.findings.some(({ code, severity }) => code === 'CONTAINER_OWNED' && severity === 'warn'),
      )
    })

    test('the switch disarms the unit, the way back arms it, and one libvirt runs at every moment', async (t) => {
      const guest = await startGuest(node.host, { name: 'owners-guest', via: NAME, engine })
      const alive = await node.alive(guest)
      const watch = await watchLibvirts(node.host)
      await node.expect(0, 'node', 'upgrade', file, ...ADOPT)
      // Kolla's unit would start it again after 11 s.
      await sleep(14_000)
      await assertDisarmed()
      await node.host.sh(`systemctl start ${UNIT[engine]}`)
      await assertDisarmed('a person’s start is skipped')
      await node.assertUntouched(alive)
      await node.assertAtRest()
      await node.expect(0, 'node', 'rollback')
      assert.deepEqual(await unitState(node, UNIT[engine]), ['active', 'always', 'enabled'])
      const [state] = (await node.containers()).filter((line) => line.includes(NAME))
      assert.match(state ?? '', / running /)
      await node.expect(0, 'node', 'upgrade', file)
      await assertDisarmed()
      await node.assertUntouched(alive)
      await node.assertAtRest()
      const seen = await watch.end()
      t.diagnostic(`${seen.looks} looks at the processes, at most ${seen.most} libvirtd`)
      assert.ok(seen.looks > 100, `${seen.looks} looks`)
      assert.equal(seen.most, 1)
      const lost = tickGaps(await ticks(node.host, guest.name))
      assert.equal(lost.lost, 0, JSON.stringify(lost))
    })

    test('a process that waits for the container keeps it from being taken over', async () => {
      const name = await node.container()
      await node.host.sh(
        `setsid sh -c "while sleep 1; do ${engine} wait ${name} && ${engine} start ${name}; done" >/dev/null 2>&1 & sleep 3; pgrep -f "${engine} wait ${name}" >/dev/null`,
      )
      const two = await node.lock({ mark: 'two' })
      const planned = await node.expect<Planned>(4, 'node', 'plan', two)
      assert.ok(found(planned).includes('refuse CONTAINER_WATCHED'), found(planned).join(', '))
    })

    test('recovery does not end with 0 beside a second libvirt', async () => {
      const script = 'cp /bin/sleep /tmp/libvirtd && exec /tmp/libvirtd infinity'
      const flags = ['--detach', '--name=other', '--pid=host', '--network=host', '--entrypoint=sh']
      await node.host.must([engine, 'run', ...flags, imageReference(IMAGE), '-c', script])
      const recovery = await node.expect<Recovery>(7, 'node', 'recover')
      assert.deepEqual(
        recovery.problems.map(({ code }) => code),
        ['SECOND_LIBVIRT'],
      )
      await node.host.must([engine, 'rm', '--force', 'other'])
      await node.expect(0, 'node', 'recover')
    })
  })
}
