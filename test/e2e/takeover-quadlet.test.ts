import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { Host, byHandArguments, imageReference, startGuest, waitForLibvirt } from '../../lab/index.ts'
import type { NestedEngine } from '../../lab/index.ts'
import { chosenHost } from '../integration/node/support/chosen-host.ts'
import { COMPUTE_IMAGES, ComputeNode } from '../integration/node/support/compute-node.ts'
import type { Alive } from '../integration/node/support/compute-node.ts'
import { unitState } from '../integration/node/support/kolla-unit.ts'
import { assertOneLibvirt, watchLibvirts } from '../integration/node/support/watch-libvirts.ts'

const NAME = 'nova_libvirt'
const UNIT = `edpm_${NAME}.service`
const IMAGE = 'nova-libvirt:bookworm'

/** Podman’s conmon waits on as long as a guest lives that was started in its container: the unit is up as long. */
const DISARMED = /^(in)?active no /
const ACTS = /^active always /

type Way = Readonly<{
  how: string
  engine: NestedEngine
  path: string
  text: string
  /** Arguments of `create`, where the unit only starts its container. */
  created?: readonly string[]
}>

/** The rest of a unit is as edpm-ansible writes it for its containers (edpm_nova, 2026). */
const SERVICE = `Restart=always
TimeoutStartSec=900
TimeoutStopSec=84

[Install]
WantedBy=multi-user.target
`

/** Podman 4.4 and newer make a unit of this file. */
function quadlet(): Way {
  const [image, name] = [imageReference(IMAGE), `--name=${NAME}`]
  const args = byHandArguments({ name: NAME, image: IMAGE, engine: 'podman' }).filter(
    (word) => word !== image && word !== name,
  )
  const text = `[Unit]
Description=libvirt container (EDPM)

[Container]
ContainerName=${NAME}
Image=${image}
PodmanArgs=${args.join(' ')} --log-driver=journald
Label=managed_by=edpm_ansible

[Service]
${SERVICE}`
  return {
    how: 'a quadlet',
    engine: 'podman',
    path: `/etc/containers/systemd/${UNIT.replace('.service', '.container')}`,
    text,
  }
}

/** As \`podman generate systemd --new\` writes it. */
function generated(): Way {
  const args = byHandArguments({ name: NAME, image: IMAGE, engine: 'podman' }).join(' ')
  const text = `[Service]
Environment=PODMAN_SYSTEMD_UNIT=%n
ExecStartPre=/bin/rm -f %t/%n.ctr-id
ExecStart=/usr/bin/podman run --cidfile=%t/%n.ctr-id --cgroups=no-conmon --rm --sdnotify=conmon -d --replace ${args}
ExecStop=/usr/bin/podman stop --ignore --cidfile=%t/%n.ctr-id
ExecStopPost=/usr/bin/podman rm -f --ignore --cidfile=%t/%n.ctr-id
Type=notify
NotifyAccess=all
${SERVICE}`
  return { how: 'a unit of podman generate', engine: 'podman', path: `/etc/systemd/system/${UNIT}`, text }
}

/** As people write it for Docker. */
function foreground(): Way {
  const args = byHandArguments({ name: NAME, image: IMAGE, engine: 'docker' }).join(' ')
  const text = `[Service]
ExecStartPre=-/usr/bin/docker rm -f ${NAME}
ExecStart=/usr/bin/docker run --rm ${args}
ExecStop=/usr/bin/docker stop -t 60 ${NAME}
${SERVICE}`
  return { how: 'docker run --rm', engine: 'docker', path: `/etc/systemd/system/${UNIT}`, text }
}

/** As edpm-ansible's older role wrote it (edpm_container_manage), and TripleO before: `podman start` forks, and conmon is the main process. */
function forking(): Way {
  const pidFile = `/run/${NAME}.pid`
  const text = `[Service]
ExecStart=/usr/bin/podman start ${NAME}
ExecReload=/usr/bin/podman kill --signal HUP ${NAME}
ExecStop=/usr/bin/podman stop -t 42 ${NAME}
ExecStopPost=/usr/bin/podman stop -t 42 ${NAME}
SuccessExitStatus=137 142 143
KillMode=control-group
Type=forking
PIDFile=${pidFile}
${SERVICE}`
  const args = byHandArguments({ name: NAME, image: IMAGE, engine: 'podman' })
  return {
    how: 'a unit that forks',
    engine: 'podman',
    path: `/etc/systemd/system/${UNIT}`,
    text,
    created: [`--conmon-pidfile=${pidFile}`, ...args],
  }
}

const isOld = (process.env['ANNEAL_TEST_SUITE'] ?? 'bookworm') === 'bookworm'

for (const { how, engine, path, text, created } of [
  isOld ? generated() : quadlet(),
  foreground(),
  forking(),
]) {
  describe(`taking over a container that its unit makes or starts: ${how}`, () => {
    let node: ComputeNode
    let alive: Alive
    before(async () => {
      const host = chosenHost({
        name: `quadlet-${created === undefined ? engine : 'forking'}`,
        engine,
        init: 'systemd',
        images: COMPUTE_IMAGES,
      })
      node = await ComputeNode.on(await Host.up(host), engine)
      await node.write(path, text)
      if (created !== undefined) await node.host.must([engine, 'create', ...created])
      await node.host.sh(`systemctl daemon-reload; systemctl enable ${UNIT} || true; systemctl start ${UNIT}`)
      await waitForLibvirt(node.host, NAME, engine)
      alive = await node.alive(await startGuest(node.host, { name: 'quadlet-guest', via: NAME, engine }))
    })
    after(() => node?.down())

    const runs = async (): Promise<string> =>
      (
        await node.host.sh(
          `${engine} inspect --format '{{.State.Status}} {{.Id}}' ${NAME} 2>/dev/null || true`,
        )
      ).trim()

    test('the plan names the unit, and refuses nothing', async (t) => {
      const { text: written } = await node.expect<{ text: string }>(0, 'node', 'import', '--running')
      await node.write('/etc/anneal/running.yaml', written)
      await node.expect(0, 'node', 'lock', '/etc/anneal/running.yaml')
      const planned = await node.anneal([
        'node',
        'plan',
        '--rescue',
        '--adopt',
        `${NAME}=${NAME}`,
        '/etc/anneal/running.locked.yaml',
      ])
      t.diagnostic(planned.stdout.slice(0, 3000))
      assert.equal(planned.exitCode, 0, planned.stdout)
    })

    test('adopted, upgraded, rolled back twice and given back: the same guest, and one libvirtd at every moment', async (t) => {
      const watch = await watchLibvirts(node.host)
      const made = await runs()
      await node.expect(0, 'node', 'adopt', '--rescue', '/etc/anneal/running.locked.yaml')
      assert.match((await unitState(node, UNIT)).join(' '), DISARMED)
      assert.doesNotMatch(await runs(), /^running/)
      await node.assertUntouched(alive, 'up', NAME)

      await node.expect(0, 'node', 'rollback')
      assert.match((await unitState(node, UNIT)).join(' '), ACTS)
      assert.match(await runs(), /^running/)
      if (created === undefined) assert.notEqual(await runs(), made, 'the unit has made another container')
      await node.assertUntouched(alive, 'down')

      await node.expect(0, 'node', 'rollback')
      const image = imageReference('nova-libvirt:bookworm-backports')
      const id = (await node.host.must([engine, 'image', 'inspect', '--format', '{{.Id}}', image])).trim()
      await node.host.sh(
        `sed -E "s#image: .*#image: sha256:${id.replace('sha256:', '')}#" /etc/anneal/running.locked.yaml >/etc/anneal/next.locked.yaml`,
      )
      await node.expect(0, 'node', 'upgrade', '--rescue', '/etc/anneal/next.locked.yaml')
      await node.assertUntouched(alive, 'up', NAME)
      await node.expect(0, 'node', 'give-back')
      assert.match((await unitState(node, UNIT)).join(' '), ACTS)
      await node.assertUntouched(alive, 'down')
      await assertOneLibvirt(t, watch, node.host, alive.name)
      assert.deepEqual(
        (await node.containers()).map((line) => line.replace(/^\//, '').split(' ').slice(0, 2).join(' ')),
        [`${NAME} running`],
        'the container of the unit, and no other',
      )
    })

    test('after a reboot of an adopted node one release runs, and of one given back the unit’s container', async () => {
      await node.expect(0, 'node', 'adopt', '--rescue', '/etc/anneal/running.locked.yaml')
      await node.host.reboot('orderly')
      await node.prepare()
      await node.expect(0, 'node', 'recover')
      assert.match((await unitState(node, UNIT)).join(' '), DISARMED)
      assert.equal((await node.host.sh('pgrep -xc libvirtd')).trim(), '1')
      await node.assertAtRest()
      await node.expect(0, 'node', 'give-back')
      await node.host.reboot('power cut')
      await node.prepare()
      await waitForLibvirt(node.host, NAME, engine)
      assert.match((await unitState(node, UNIT)).join(' '), ACTS)
    })
  })
}
