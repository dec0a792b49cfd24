import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'

import {
  byHandArguments,
  imageReference,
  runLibvirt,
  startGuest,
  waitForLibvirt,
} from '../../../lab/index.ts'
import type { NestedEngine } from '../../../lab/index.ts'
import { ComputeNode } from './support/compute-node.ts'

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

// https://opendev.org/openstack/kolla-ansible: ansible/module_utils/kolla_systemd_worker.py
const KOLLA_UNIT = `[Unit]
Description=docker ${NAME}
Requires=docker.service
After=docker.service

[Service]
ExecStart=/usr/bin/docker start -a ${NAME}
ExecStop=/usr/bin/docker stop ${NAME} -t 60
Restart=always
RestartSec=11

[Install]
WantedBy=multi-user.target
`

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

    test('a container of --rm is not taken over', async () => {
      await runLibvirt(node.host, { name: NAME, image: IMAGE, engine, extra: ['--rm'] })
      const planned = await node.expect<Planned>(4, 'node', 'plan', file, ...ADOPT)
      assert.deepEqual(found(planned), ['refuse CONTAINER_REMOVES_ITSELF'])
      await node.expect(4, 'node', 'upgrade', file, ...ADOPT)
      const [running] = await node.containers()
      assert.match(running ?? '', /^\/?nova_libvirt running /, 'it was not touched')
      await node.expect(0, 'node', 'recover')
      await node.host.must([engine, 'rm', '--force', NAME])
    })

    test('a container that a unit starts again is not taken over, and the unit is named', async () => {
      await node.host.must([engine, 'create', ...byHandArguments({ name: NAME, image: IMAGE, engine })])
      if (engine === 'docker') await node.write(`/etc/systemd/system/${UNIT.docker}`, KOLLA_UNIT)
      else {
        await node.host.sh(
          `podman generate systemd --new --restart-policy=always --name ${NAME} >/etc/systemd/system/${UNIT.podman}; podman rm ${NAME}`,
        )
      }
      await node.host.sh(`systemctl daemon-reload; systemctl enable --now ${UNIT[engine]}`)
      await waitForLibvirt(node.host, NAME, engine)
      const untouched = await node.containers()
      const planned = await node.expect<Planned>(4, 'node', 'plan', file, ...ADOPT)
      const owned = planned.check.findings.find(({ code }) => code === 'CONTAINER_OWNED')
      assert.ok(owned !== undefined && owned.evidence.includes(UNIT[engine]), owned?.evidence)
      assert.match(owned.evidence, /Restart=always.*starts it at boot/)
      await node.expect(4, 'node', 'upgrade', file, ...ADOPT)
      assert.deepEqual(await node.containers(), untouched, 'nothing was touched')
      const doctor = await node.anneal<Readonly<{ findings: readonly Finding[] }>>(['node', 'doctor'])
      assert.ok(
        doctor.value.findings.some(({ code, severity }) => code === 'CONTAINER_OWNED' && severity === 'warn'),
      )
    })

    test('once the unit is kept from acting, as the remedy says, the container is taken over for good', async (t) => {
      if (engine === 'podman')
        return t.skip('its unit made the container with --rm, so nothing takes it over')
      const guest = await startGuest(node.host, { name: 'owners-guest', via: NAME, engine })
      const alive = await node.alive(guest)
      await node.write(
        `/etc/systemd/system/${UNIT[engine]}.d/anneal.conf`,
        '[Service]\nRestart=no\nExecStop=\nExecStopPost=\n',
      )
      await node.host.sh(`systemctl disable ${UNIT[engine]}; systemctl daemon-reload`)
      assert.deepEqual(found(await node.expect<Planned>(0, 'node', 'plan', file, ...ADOPT)), [])
      await node.expect(0, 'node', 'upgrade', file, ...ADOPT)
      // Kolla's unit would start it again after 11 s.
      await sleep(14_000)
      const libvirts = (await node.host.sh('pgrep -xc libvirtd')).trim()
      assert.equal(libvirts, '1', 'one libvirt runs')
      await node.assertUntouched(alive)
      await node.assertAtRest()
    })

    test('a process that waits for the container keeps it from being taken over', async () => {
      if (engine === 'podman') {
        await node.host.sh(`systemctl disable --now ${UNIT.podman}; podman rm --force --ignore ${NAME}`)
        await runLibvirt(node.host, { name: NAME, image: IMAGE, engine })
      }
      const name = engine === 'docker' ? await node.container() : NAME
      await node.host.sh(
        `setsid sh -c "while sleep 1; do ${engine} wait ${name} && ${engine} start ${name}; done" >/dev/null 2>&1 & sleep 3; pgrep -f "${engine} wait ${name}" >/dev/null`,
      )
      const two = await node.lock({ mark: 'two' })
      const planned = await node.expect<Planned>(
        4,
        'node',
        'plan',
        two,
        ...(engine === 'docker' ? [] : ADOPT),
      )
      assert.ok(found(planned).includes('refuse CONTAINER_WATCHED'), found(planned).join(', '))
    })

    test('recovery does not end with 0 beside a second libvirt', async (t) => {
      if (engine === 'podman') return t.skip('nothing is deployed there')
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
