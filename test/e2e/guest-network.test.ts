import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { Host, startGuest } from '../../lab/index.ts'
import { chosenHost } from '../integration/node/support/chosen-host.ts'
import { ComputeNode } from '../integration/node/support/compute-node.ts'
import type { Alive } from '../integration/node/support/compute-node.ts'

const IMAGE = 'nova-libvirt:bookworm'

/** The test bed's Docker has no bridge, and so no link that it would take away. */
const ENGINE = 'podman'

describe('guests in the network of a container', () => {
  let node: ComputeNode
  let alive: Alive
  const release = (mark: string): Promise<string> =>
    node.lock({ mark, edit: (text) => text.replace('network_mode: host', 'network_mode: bridge') })
  /** Names of the links that the guest's namespace has. */
  const links = async (): Promise<readonly string[]> => {
    const text = await node.host.must([
      'nsenter',
      '--target',
      String(alive.pid),
      '--net',
      'ip',
      '-brief',
      'link',
    ])
    return text
      .split('\n')
      .flatMap((line) => /^[a-z]+[0-9]+/.exec(line)?.[0] ?? [])
      .toSorted()
  }
  before(async () => {
    node = await ComputeNode.on(
      await Host.up(chosenHost({ name: 'guest-network', engine: ENGINE, init: 'systemd', images: [IMAGE] })),
      ENGINE,
    )
    await node.expect(0, 'node', 'upgrade', await release('one'))
    alive = await node.alive(
      await startGuest(node.host, { name: 'vm', via: await node.container(), engine: ENGINE }),
    )
  })
  after(() => node?.down())

  test('a plan refuses, as the engine takes the link to the outside away', async () => {
    const refusals = await node.refusals(await release('two'))
    assert.deepEqual(
      refusals.map(({ code }) => code),
      ['GUEST_NETWORK_ENDS'],
    )
    const linked = await links()
    assert.ok(linked.includes('eth0'), linked.join(' '))
    await node.host.must([ENGINE, 'stop', '--time', '5', await node.container()])
    assert.equal((await links()).includes('eth0'), false)
  })
})
