import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { consoleLogPath, guestPid, startGuest, virsh } from '../../../lab/index.ts'
import type { RunReport } from '../../../src/runtime/node/index.ts'
import { ComputeNode } from './support/compute-node.ts'
import type { Alive } from './support/compute-node.ts'

/** The last service of the new release is ready once this file is there: the switch waits for the test. */
const GATE = '/run/libvirt/gate'

const JOURNAL = '/var/lib/anneal/journal.jsonl'

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

  /** An upgrade to the other release; `does` runs in bash between the switch and the proof, with `$guest`, `$pid` and `$libvirt`. */
  async function upgradeWhile(
    does: string,
    { guest, pid }: Readonly<{ guest: string; pid: number }>,
  ): Promise<Readonly<{ exitCode: number; stderr: string; report: RunReport }>> {
    const label = '{{index .Config.Labels "test.release"}}'
    const mark = (await node.host.must([engine, 'inspect', '--format', label, await node.container()])).trim()
    const target = files[mark === 'one' ? 1 : 0] ?? ''
    const script = `guest=${guest} pid=${pid}
      rm -f ${GATE}
      exec 3< <(exec /opt/anneal/anneal node upgrade ${target} --progress=jsonl --json 2>&1 >/run/report.json)
      tool=$! did=no
      while read -r line <&3; do
        case $line in *${MOMENT}*)
          [ $did = no ] || continue
          did=yes libvirt=$(docker ps --filter label=io.anneal.service=libvirt --format '{{.Names}}')
          { ${does}; } || exit 98
          touch ${GATE} ;;
        esac
      done
      touch ${GATE}
      [ $did = yes ] || { cat /run/report.json >&2; exit 99; }
      wait $tool`
    const env = { ANNEAL_ENGINE: engine, NO_COLOR: '1' }
    const { exitCode, stderr } = await node.host.exec(['bash', '-c', script], { env, timeoutMs: 400_000 })
    const report = JSON.parse(await node.host.must(['cat', '/run/report.json'])) as RunReport
    return { exitCode, stderr, report }
  }

  for (const [index, { name, does, exit, kind, detail }] of CASES.entries()) {
    test(name, async (t) => {
      const current = await node.expect<{ release: string }>(0, 'node', 'status')
      const guest = `ends-${index}`
      const { pid } = await startGuest(node.host, { name: guest, via: await node.container(), engine })
      // The run goes on once the guest is gone. QEMU stays as long as no libvirt is there to end it.
      const gone = 'for n in $(seq 300); do [ -e /proc/$pid ] || break; sleep 0.2; done'
      const { exitCode, stderr, report } = await upgradeWhile(`${does} && ${gone}`, { guest, pid })
      const told = `${stderr}\n${JSON.stringify([report.reason, report.ended, report.outcome])}`
      assert.equal(exitCode, exit, told)
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

  test('a guest that goes quiet after the switch fails nothing, and its console goes on when it speaks again', async () => {
    const guest = 'goes-quiet'
    const { pid } = await startGuest(node.host, {
      name: guest,
      via: await node.container(),
      engine,
      console: 'logd',
    })
    // QEMU looks once a second whether somebody has the terminal open.
    const type = (line: string): string =>
      `tty=$(docker exec "$libvirt" virsh ttyconsole "$guest") && { echo '${line}'; sleep 3; } >"/proc/$pid/root$tty"`
    // The process that writes to the console each second. The first one has it open as well, and cannot be stopped.
    const signal = (name: 'STOP' | 'CONT'): string =>
      type(
        `for p in /proc/[0-9]*; do [ "$(cat $p/comm)" = init ] && ls -l $p/fd | grep -q ttyS0 && kill -${name} "$(basename $p)"; done`,
      )
    const shell = async (command: string): Promise<string> =>
      node.host.sh(`guest=${guest} pid=${pid} libvirt=${await node.container()}; ${command}`)
    // From now on the console shows nothing of what is typed.
    await shell(type('stty -echo; while read -r line; do eval "$line" >/dev/null 2>&1; done'))
    // As if it had said its last word while the check watched: the log gets the size that the check saw.
    const log = consoleLogPath(guest)
    const shorten = `size=$(grep -oh '"${log}":[0-9]*' ${JOURNAL} | tail -n 1) && truncate -s "\${size##*:}" ${log}`
    const { exitCode, stderr, report } = await upgradeWhile(`${signal('STOP')} && ${shorten}`, {
      guest,
      pid,
    })
    assert.equal(exitCode, 0, `${stderr}\n${JSON.stringify([report.reason, report.proof])}`)
    assert.equal(report.outcome, 'committed')
    assert.deepEqual(report.proof?.quietConsoles, [log])
    const heard = await lastBeat(guest)
    await shell(signal('CONT'))
    for (const deadline = Date.now() + 60_000; (await lastBeat(guest)) === heard;) {
      assert.ok(Date.now() < deadline, 'the guest speaks again')
      await node.assertUntouched(witness)
    }
    await node.assertUntouched(witness)
  })

  /** The last number that the guest wrote to its console, which goes up once a second. */
  async function lastBeat(guest: string): Promise<string | undefined> {
    return (await node.host.read(consoleLogPath(guest))).match(/alive \d+/g)?.at(-1)
  }
})
