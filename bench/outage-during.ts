import { setTimeout as sleep } from 'node:timers/promises'
import type { ComputeHost } from '../lab/index.ts'
import type { Outage } from '../src/runtime/node/index.ts'

/** Node, as the host has it. */
export const HOST_NODE = '/opt/anneal/node_modules/node/bin/node'

/** How long libvirt's API of a host is away during the act, by a program on the host that asks every 10 ms. */
export async function outageDuring(host: ComputeHost, act: () => Promise<unknown>): Promise<Outage> {
  const meter = `${HOST_NODE} --disable-warning=ExperimentalWarning /opt/anneal/bench/meter.ts /run/meter.json`
  const pid = (
    await host.sh(
      `rm -f /run/meter.json /run/meter.json.ready; setsid ${meter} >/dev/null 2>&1 & echo $!; until [ -e /run/meter.json.ready ]; do sleep 0.05; done`,
    )
  ).trim()
  await sleep(300)
  await act()
  await sleep(1500)
  return JSON.parse(
    await host.sh(
      `kill -TERM ${pid}; until [ -s /run/meter.json ]; do sleep 0.05; done; cat /run/meter.json`,
    ),
  ) as Outage
}
