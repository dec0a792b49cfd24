import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kollaUnit } from '../testing/index.ts'
import type { ServiceUnit } from './service-unit.ts'
import { disarming } from './supervisor.ts'

const NAME = 'nova_compute'
const MADE = { id: 'ab'.repeat(32), name: NAME, autoRemove: true } as const

/** What Podman 5.4 makes of edpm-ansible's nova_compute.container, as `systemctl show` has it. */
const QUADLET: ServiceUnit = {
  ...kollaUnit(NAME),
  name: 'edpm_nova_compute.service',
  fileState: 'generated',
  starts: [
    `/usr/bin/podman run --name ${NAME} --cidfile=/run/edpm_nova_compute.cid --replace --rm --cgroups=split --network host --sdnotify=conmon -d --user nova -v /run/libvirt:/run/libvirt:shared --label managed_by=edpm_ansible --env KOLLA_CONFIG_STRATEGY=COPY_ALWAYS --privileged --pid=host --log-driver=journald quay.example/nova-compute:current`,
  ],
  stops: [
    `/usr/bin/podman rm -v -f -i --cidfile=/run/edpm_nova_compute.cid`,
    `-/usr/bin/podman rm -v -f -i --cidfile=/run/edpm_nova_compute.cid`,
  ],
}

const why = (unit: Partial<ServiceUnit>, container: Parameters<typeof disarming>[1] = MADE): string => {
  const found = disarming({ ...QUADLET, ...unit }, container)
  return found.possible ? `makes: ${found.supervisor.makes === true}` : found.why
}

test('a unit that makes its container can be disarmed where the container removes itself', () => {
  assert.deepEqual(disarming(QUADLET, MADE), {
    possible: true,
    supervisor: { unit: 'edpm_nova_compute.service', ran: true, makes: true },
  })
  assert.equal(why({ activeState: 'inactive', disarmed: true }), 'makes: true')
  assert.match(why({}, { ...MADE, autoRemove: false }), /more than start this container \(podman run\)/)
  assert.match(why({ activeState: 'inactive' }), /podman run/, 'who made the running container is not known')
  assert.match(why({}, { ...MADE, name: 'other' }), /podman run/)
})

test('what clears the way for the container may come before it, and nothing else', () => {
  const [run = ''] = QUADLET.starts
  const before = (...lines: readonly string[]): string => why({ starts: [...lines, run] })
  assert.equal(before('-/usr/bin/podman rm -f nova_compute', '/usr/bin/podman pull img'), 'makes: true')
  assert.equal(before('/usr/bin/podman stop -t 10 --ignore --cidfile /run/nova.ctr-id'), 'makes: true')
  assert.equal(before('/bin/rm -f /run/nova.ctr-id'), 'makes: true')
  assert.match(before('/usr/bin/podman rm -f nova_compute nova_libvirt'), /podman rm/)
  assert.match(before('/usr/bin/podman stop --all'), /podman stop/)
  assert.match(before('/usr/bin/podman rm -fa'), /podman rm/)
  assert.match(before('/usr/bin/podman system prune -f'), /podman system/)
  assert.match(before('/usr/bin/podman start nova_compute'), /podman start/)
  assert.match(before(run), /podman run/, 'it would make two')
  assert.match(before('/bin/sh -c "podman rm -f nova_compute"'), /script/)
  assert.match(why({ stopsWithIt: ['agent.service'] }), /agent\.service/)
})
