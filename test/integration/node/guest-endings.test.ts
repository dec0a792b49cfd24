import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { guestPid, startGuest, virsh } from '../../../lab/index.ts'
import type { RunReport } from '../../../src/runtime/node/index.ts'
import { ComputeNode } from './support/compute-node.ts'
import type { Alive } from './support/compute-node.ts'

/** The last service of the new release is ready once this file is there: the switch waits for the test. */
const GATE = '/run/libvirt/gate'

/** The new libvirt runs and has seen its guests; the proof is still to come. */
const MOMENT = `'"event":"intended"'*'"awaitReady"'*'"service":"sleeper"'`

type Case = Readonly<{
  name: string
  /** A bash command; `$pid` is the guest's QEMU and `$guest` its name. */
  does: string
  exit: 0 | 6
  kind: string
  detail: RegExp
}>

const CASES: readonly Case[] = [
  {
    name: 'a guest that its tenant destroys through libvirt before the proof is told, and the release is kept',
    does: 'docker exec "$libvirt" virsh destroy "$guest" >/dev/null',
    exit: 0,
    kind: 'destroyed',
    detail: /it was destroyed through libvirt, by its tenant or an operator/,
  },
  {
    name: 'a guest whose QEMU root kills before the proof counts against the release',
    does: 'kill -KILL "$pid"',
    exit: 6,
    kind: 'crashed',
    detail: /its QEMU crashed or was killed/,
  },
  {
    name: 'a guest whose QEMU root ends with SIGTERM before the proof counts, though libvirt calls it shut down',
    does: 'kill -TERM "$pid"',
    exit: 6,
    kind: 'signalled',
    detail: /signal 15 from pid \d+ .*ended it/,
  },
]

describe('guests that end within the switch, on docker', { concurrency: false }, () => {
  const engine = 'docker'
  let node: ComputeNode
  let files: readonly string[] = []
  let witness: Alive

  before(async () => {
    node = await ComputeNode.up({ name: 'guest-endings', engine }, engine)
    const gate = `command: [sleep, infinity]
    volumes: [/run/libvirt:/run/libvirt]`
    const ready = `order: 30, ready: [{ exec: [test, -e, ${GATE}], timeout: 180s }]`
    const edit = (text: string): string =>
      text.replace('command: [sleep, infinity]', gate).replace('order: 30', ready)
    files = [await node.lock({ mark: 'one', edit }), await node.lock({ mark: 'two', edit })]
    await node.host.must(['touch', GATE])
    await node.expect(0, 'node', 'upgrade', files[0] ?? '')
    witness = await node.alive(
      await startGuest(node.host, {
        name: 'bystander',
        via: await node.container(),
        engine,
        boots: 'sector',
      }),
    )
  })
  after(async () => {
    await node?.down()
  })

  for (const [index, { name, does, exit, kind, detail }] of CASES.entries()) {
    test(name, async (t) => {
      const current = await node.expect<{ release: string }>(0, 'node', 'status')
      const label = '{{index .Config.Labels "test.release"}}'
      const mark = (
        await node.host.must([engine, 'inspect', '--format', label, await node.container()])
      ).trim()
      const target = files[mark === 'one' ? 1 : 0] ?? ''
      const guest = `ends-${index}`
      const via = await node.container()
      const { pid } = await startGuest(node.host, { name: guest, via, engine })
      // The run goes on once the guest is gone. QEMU stays as long as no libvirt is there to end it.
      const script = `guest=${guest} pid=${pid}
        rm -f ${GATE}
        exec 3< <(exec /opt/anneal/anneal node upgrade ${target} --progress=jsonl --json 2>&1 >/run/report.json)
        tool=$! did=no
        while read -r line <&3; do
          case $line in *${MOMENT}*)
            [ $did = no ] || continue
            did=yes libvirt=$(docker ps --filter label=io.anneal.service=libvirt --format '{{.Names}}')
            ${does} || exit 98
            for n in $(seq 300); do [ -e /proc/$pid ] || break; sleep 0.2; done
            touch ${GATE} ;;
          esac
        done
        touch ${GATE}
        [ $did = yes ] || { cat /run/report.json >&2; exit 99; }
        wait $tool`
      const env = { ANNEAL_ENGINE: engine, NO_COLOR: '1' }
      const done = await node.host.exec(['bash', '-c', script], { env, timeoutMs: 400_000 })
      const report = JSON.parse(await node.host.must(['cat', '/run/report.json'])) as RunReport
      const told = `${done.stderr}\n${JSON.stringify([report.reason, report.ended, report.outcome])}`
      assert.equal(done.exitCode, exit, told)
      assert.equal(report.outcome, exit === 0 ? 'committed' : 'rolledBack')
      assert.deepEqual(
        report.ended.map((one) => [one.name, one.pid, one.kind, one.counts]),
        [[guest, pid, kind, exit !== 0]],
        told,
      )
      assert.match(report.ended[0]?.detail ?? '', detail)
      if (exit !== 0) assert.match(report.reason?.message ?? '', new RegExp(`guest "${guest}"`))
      // What libvirt says is asked for as well, and so is the process table.
      assert.equal(await guestPid(node.host, guest), 0)
      const seen = await virsh(node.host, await node.container(), ['domstate', guest, '--reason'], { engine })
      t.diagnostic(`libvirt says: ${seen.stdout.trim()}; outcome ${report.outcome}`)
      assert.match(seen.stdout, /^shut off/)
      await node.assertUntouched(witness)
      const status = await node.assertAtRest()
      assert.equal(status.release === current.release, exit !== 0)
    })
  }
})
