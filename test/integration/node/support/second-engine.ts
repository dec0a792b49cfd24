import type { Host } from '../../../../lab/index.ts'

/** A second dockerd of the host: stock runc, storage of its own. What is tried on it cannot touch the node's engine. */
export type SecondEngine = Readonly<{
  socket: string
  /** Id of the one image it holds: `sleep` and its libraries. */
  image: string
  /** Gives its storage another size. */
  resize: (size: string) => Promise<void>
  containers: () => Promise<string>
  stop: () => Promise<void>
}>

const SOCKET = '/run/second.sock'
const STORAGE = '/run/second'

/** A tar of just enough to sleep. */
export const TINY_IMAGE =
  'tar --create --dereference /bin/sleep /lib/x86_64-linux-gnu/libc.so.6 /lib64/ld-linux-x86-64.so.2 2>/dev/null'

export async function secondEngine(host: Host): Promise<SecondEngine> {
  const docker = `docker --host unix://${SOCKET}`
  await host.sh(`mkdir -p ${STORAGE}
    mount -t tmpfs -o size=2g second ${STORAGE}
    echo '{}' >/run/second.json
    setsid dockerd --config-file /run/second.json --data-root ${STORAGE}/data --exec-root ${STORAGE}/exec \
      --pidfile /run/second.pid --host unix://${SOCKET} --containerd-namespace second \
      --containerd-plugins-namespace second-plugins --bridge none --iptables=false --ip6tables=false \
      >/run/second.log 2>&1 </dev/null &
    for n in $(seq 300); do ${docker} info >/dev/null 2>&1 && exit 0; sleep 0.1; done
    tail -n 5 /run/second.log >&2; exit 1`)
  const image = (await host.sh(`${TINY_IMAGE} | ${docker} import -`)).trim()
  return {
    socket: SOCKET,
    image,
    resize: async (size) => void (await host.sh(`mount -o remount,size=${size} ${STORAGE}`)),
    containers: () => host.sh(`${docker} ps --all --no-trunc --format '{{.Names}} {{.State}} {{.ID}}'`),
    stop: async () =>
      void (await host.sh(`kill "$(cat /run/second.pid)"
        for n in $(seq 300); do [ -e /run/second.pid ] || break; sleep 0.1; done; umount ${STORAGE}`)),
  }
}

/** A release with one privileged service, which needs neither libvirt nor a registry. */
export function sleepingRelease(image: string): string {
  return `name: lone
services:
  sleeper:
    image: ${image}
    command: [/bin/sleep, infinity]
    privileged: true
    network_mode: none
    restart: unless-stopped
    stop_grace_period: 1s
`
}
