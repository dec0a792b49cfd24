import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { Host, guestPid, startGuest, waitForLibvirt } from '../../lab/index.ts'
import type { Guest } from '../../lab/index.ts'
import { ENGINE, chosenHost } from '../integration/node/support/chosen-host.ts'
import { ComputeNode } from '../integration/node/support/compute-node.ts'
import type { Alive } from '../integration/node/support/compute-node.ts'

const IMAGE = 'nova-libvirt:bookworm'
const HOOK = '/etc/libvirt/hooks/qemu'

describe(`hooks of libvirt that fail when it has its guests back, on ${ENGINE}`, () => {
  let node: ComputeNode
  let guest: Guest
  let alive: Alive
  let plain: string
  let hooked: string
  before(async () => {
    node = await ComputeNode.on(
      await Host.up(
        chosenHost({ name: `guest-hook-${ENGINE}`, engine: ENGINE, init: 'systemd', images: [IMAGE] }),
      ),
      ENGINE,
    )
    plain = await node.lock({ mark: 'plain' })
    hooked = await node.lock({
      mark: 'hooked',
      edit: (text) =>
        text.replace(
          '      - /etc/libvirt/qemu:/etc/libvirt/qemu\n',
          (line) => `${line}      - /etc/libvirt/hooks:/etc/libvirt/hooks:ro\n`,
        ),
    })
    await node.expect(0, 'node', 'upgrade', plain)
    guest = await startGuest(node.host, { name: 'hooked', via: await node.container(), engine: ENGINE })
    alive = await node.alive(guest)
  })
  after(() => node?.down())

  const writeHook = async (text: string): Promise<void> => {
    await node.write(HOOK, text)
    await node.host.must(['chmod', '755', HOOK])
  }
  const refused = async (): Promise<readonly string[]> =>
    (await node.refusals(hooked)).map(({ code, evidence }) => `${code} ${evidence}`)

  test('a hook in a language that the image lacks, one that fails, and one that no kernel starts are refused', async () => {
    for (const [text, status] of [
      ['#!/usr/bin/ruby\nexit 0\n', 127],
      ['#!/bin/sh\nset -e\n[ "$2" != reconnect ] || set-up-network "$1"\n', 127],
      ['#!/bin/sh\ngrep -q "<name>another</name>"\n', 1],
      ['exit 0\n', 126],
    ] as const) {
      await writeHook(text)
      const [said, ...others] = await refused()
      assert.deepEqual(others, [])
      assert.match(
        said ?? 'nothing',
        new RegExp(`^GUEST_HOOK_FAILS .*guest "hooked".* exits with ${status}\\b`),
      )
    }
    assert.notEqual((await node.anneal(['node', 'upgrade', hooked])).exitCode, 0)
    await node.assertUntouched(alive)
  })

  test('a hook that does right by the guest is none to refuse', async () => {
    await writeHook('#!/bin/sh\n[ "$2" = reconnect ] || exit 1\ngrep -q "<name>hooked</name>"\n')
    await node.expect(0, 'node', 'upgrade', hooked)
    await node.assertUntouched(alive)
  })

  test('libvirt stops a guest whose hook fails, when nobody asks before', async () => {
    await writeHook('#!/bin/sh\n[ "$2" != reconnect ]\n')
    const name = await node.container()
    await node.host.must([ENGINE, 'restart', '--time', '5', name])
    await waitForLibvirt(node.host, name, ENGINE)
    for (let n = 0; n < 40 && (await guestPid(node.host, guest.name)) !== 0; n++) await sleep(500)
    assert.equal(await guestPid(node.host, guest.name), 0)
  })
})
