import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { Host, byHandArguments, startGuest, waitForLibvirt } from '../../lab/index.ts'
import type { Guest } from '../../lab/index.ts'
import { ENGINE, chosenHost } from '../integration/node/support/chosen-host.ts'
import { ComputeNode } from '../integration/node/support/compute-node.ts'
import type { Alive } from '../integration/node/support/compute-node.ts'

const NAME = 'nova_libvirt'
const IMAGE = 'nova-libvirt:bookworm'
const UNIT = `kolla-${NAME}-container.service`

type Doctor = Readonly<{ findings: readonly Readonly<{ code: string; subject: string }>[] }>

describe('units whose files have changed since systemd read them', () => {
  let node: ComputeNode
  let file: string
  before(async () => {
    node = await ComputeNode.on(
      await Host.up(
        chosenHost({ name: `changed-units-${ENGINE}`, engine: ENGINE, init: 'systemd', images: [IMAGE] }),
      ),
      ENGINE,
    )
    await node.host.must([ENGINE, 'create', ...byHandArguments({ name: NAME, image: IMAGE, engine: ENGINE })])
    await node.write(
      `/etc/systemd/system/${UNIT}`,
      `[Service]\nExecStart=/usr/bin/${ENGINE} start -a ${NAME}\nRestart=always\n[Install]\nWantedBy=multi-user.target\n`,
    )
    await node.host.sh(`systemctl daemon-reload; systemctl enable --now ${UNIT}`)
    await waitForLibvirt(node.host, NAME, ENGINE)
    file = await node.lock({ mark: 'one' })
  })
  after(() => node?.down())

  const refused = async (): Promise<readonly string[]> => {
    const { check } = await node.expect<{
      check: { findings: readonly { code: string; severity: string; subject: string }[] }
    }>(4, 'node', 'plan', file, '--adopt', `libvirt=${NAME}`)
    return check.findings
      .filter(({ severity }) => severity === 'refuse')
      .map(({ code, subject }) => `${code} ${subject}`)
  }
  const isAlive = async ({ pid }: Alive): Promise<boolean> =>
    (await node.host.sh(`ps -o pid= -p ${pid} || true`)).trim() !== ''

  test('refuse a plan that has systemd read them where a guest is in them, and what systemd then does shows why', async () => {
    await startGuest(node.host, { name: 'kept', via: NAME, engine: ENGINE })
    const kept = await node.alive({ name: 'kept' } as Guest)
    await node.expect(0, 'node', 'plan', file, '--adopt', `libvirt=${NAME}`)
    const scope = (
      await node.host.sh("systemctl list-units --plain --no-legend 'machine-qemu*' | cut -d' ' -f1")
    ).trim()
    assert.match(scope, /^machine-qemu.*kept\.scope$/)
    await node.write('/etc/systemd/system/machine-.scope.d/limit.conf', '[Scope]\nRuntimeMaxSec=1\n')
    assert.deepEqual(await refused(), [`UNIT_CHANGED ${scope}`])
    const { findings } = (await node.anneal<Doctor>(['node', 'doctor'])).value
    assert.ok(findings.some(({ code, subject }) => code === 'UNIT_CHANGED' && subject === scope))
    assert.ok(await isAlive(kept))
    await node.host.sh('systemctl daemon-reload')
    await sleep(4000)
    assert.equal(await isAlive(kept), false, 'systemd has ended it')
    await node.host.sh('rm -r /etc/systemd/system/machine-.scope.d; systemctl daemon-reload')
  })

  test('refuse it where systemd stops a unit with them that holds a helper', async () => {
    // By its name a helper, which may be anybody's.
    await node.host.sh('cp /bin/sleep /usr/local/bin/swtpm')
    await node.write(
      '/etc/systemd/system/helper.service',
      '[Unit]\nBindsTo=store.service\nAfter=store.service\n[Service]\nExecStart=/usr/local/bin/swtpm 7500001\n',
    )
    await node.write('/etc/systemd/system/store.service', '[Service]\nExecStart=/bin/sleep 7500002\n')
    await node.host.sh('systemctl daemon-reload; systemctl start helper')
    await startGuest(node.host, { name: 'second', via: NAME, engine: ENGINE })
    await node.expect(0, 'node', 'plan', file, '--adopt', `libvirt=${NAME}`)
    await node.host.sh(
      "mkdir /etc/systemd/system/store.service.d; printf '[Unit]\\nBindsTo=absent.service\\n' >/etc/systemd/system/store.service.d/absent.conf",
    )
    assert.deepEqual(await refused(), ['UNIT_CHANGED store.service'])
    const pid = (await node.host.sh('systemctl show --value --property=MainPID helper')).trim()
    assert.notEqual(pid, '0')
    await node.host.sh('systemctl daemon-reload')
    await sleep(3000)
    assert.equal((await node.host.sh('systemctl show --value --property=MainPID helper')).trim(), '0')
    await node.expect(0, 'node', 'plan', file, '--adopt', `libvirt=${NAME}`)
  })
})
