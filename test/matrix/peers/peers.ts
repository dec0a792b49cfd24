import { byHandArguments } from '../../../lab/index.ts'
import type { ByHand, ComputeHost, NestedEngine, Suite } from '../../../lab/index.ts'
import { anneal } from '../anneal.ts'
import { kollaUnit } from '../../integration/node/support/kolla-unit.ts'
import { CONTAINER } from '../guest.ts'
import { FILE, FLAGS } from '../upgrade.ts'
import { arrangementOf, composeText, quadletText } from './arrangement.ts'

/** What the tool did when it was asked. */
export type Deed = Readonly<{ did: 'replaced' | 'refused'; words: string }>

/** A way to replace a container by one of another image. */
export type Peer = Readonly<{
  name: string
  engine: NestedEngine
  /** Where it runs only on hosts of some suites. */
  suites?: readonly Suite[]
  about: string
  /** Starts the first libvirt, as this tool does. */
  start: (host: ComputeHost, first: ByHand) => Promise<unknown>
  /** Replaces it. `endangered`: the kill set says that the guest would die. */
  replace: (host: ComputeHost, next: ByHand, endangered: boolean) => Promise<Deed>
  /** The way back to the first; `none` where the tool knows none but to deploy the earlier image. */
  back: (host: ComputeHost, first: ByHand) => Promise<Deed>
  /** Takes away what would start the container again. */
  clean: (host: ComputeHost) => Promise<unknown>
}>

const UNIT = 'kolla-nova_libvirt-container.service'
const COMPOSE = '/run/peer-compose.yaml'
export const COMPOSE_PROGRAM = '/usr/local/bin/docker-compose'
const REPLACED: Deed = { did: 'replaced', words: '' }
const NOTHING = (): Promise<void> => Promise.resolve()

export const PEERS: readonly Peer[] = [
  byHand('docker'),
  {
    name: 'docker compose',
    engine: 'docker',
    about: '`docker compose up -d` with another image in the file (Compose of Debian 13)',
    start: composeUp,
    replace: composeUp,
    back: composeUp,
    clean: NOTHING,
  },
  {
    name: 'unit, as Kolla’s',
    engine: 'docker',
    about:
      'the unit that Kolla writes (`docker start -a`, `Restart=always`): stop the unit, remove the container, create it, start the unit',
    start: (host, first) => kollaDeploys(host, first),
    replace: async (host, next) => {
      await host.sh(`systemctl stop ${UNIT}; docker rm --force ${CONTAINER}`)
      return kollaDeploys(host, next)
    },
    back: async (host, first) => {
      await host.sh(`systemctl stop ${UNIT}; docker rm --force ${CONTAINER}`)
      return kollaDeploys(host, first)
    },
    clean: (host) =>
      host.sh(
        `systemctl disable --now ${UNIT} 2>/dev/null || true; rm -f /etc/systemd/system/${UNIT}; systemctl daemon-reload; systemctl reset-failed`,
      ),
  },
  byAnneal('docker'),
  byHand('podman'),
  {
    name: 'podman auto-update',
    engine: 'podman',
    about:
      '`podman auto-update` of a unit that `podman generate systemd --new` made; label `io.containers.autoupdate=local`',
    start: async (host, first) => {
      await retag(host, first.image)
      const words = byHandArguments({ ...first, image: 'peer:now' }).map((word) => `'${word}'`)
      await host.sh(`podman create --label io.containers.autoupdate=local ${words.join(' ')}
        cd /etc/systemd/system && podman generate systemd --new --files --name ${CONTAINER}
        podman rm --force ${CONTAINER}; systemctl daemon-reload; systemctl start container-${CONTAINER}.service`)
    },
    replace: (host, next) => autoUpdate(host, next.image),
    back: (host, first) => autoUpdate(host, first.image),
    clean: (host) =>
      host.sh(
        `systemctl stop container-${CONTAINER}.service 2>/dev/null || true; rm -f /etc/systemd/system/container-${CONTAINER}.service; systemctl daemon-reload; systemctl reset-failed`,
      ),
  },
  {
    name: 'quadlet',
    engine: 'podman',
    suites: ['trixie', 'forky', 'sid', 'experimental'],
    about: 'a `.container` unit with another image, `systemctl daemon-reload` and `restart`',
    start: quadlet,
    replace: quadlet,
    back: quadlet,
    clean: (host) =>
      host.sh(
        `systemctl stop ${CONTAINER}.service 2>/dev/null || true; rm -f /etc/containers/systemd/${CONTAINER}.container; systemctl daemon-reload; systemctl reset-failed`,
      ),
  },
  byAnneal('podman'),
]

function byHand(engine: NestedEngine): Peer {
  const run = async (host: ComputeHost, container: ByHand): Promise<Deed> => {
    await host.must([engine, 'run', '--detach', ...byHandArguments(container)])
    return REPLACED
  }
  const replace = async (host: ComputeHost, next: ByHand): Promise<Deed> => {
    await host.sh(`${engine} stop ${CONTAINER}; ${engine} rm ${CONTAINER}`)
    return run(host, next)
  }
  return {
    name: 'by hand',
    engine,
    about: `\`${engine} stop\`, \`rm\`, \`run\``,
    start: run,
    replace,
    back: replace,
    clean: NOTHING,
  }
}

function byAnneal(engine: NestedEngine): Peer {
  const act = async (host: ComputeHost, ...words: readonly string[]): Promise<Deed> => {
    const { exitCode, stderr } = await anneal(host, engine, ['node', ...words])
    if (exitCode === 0) return { did: 'replaced', words: words.includes('--rescue') ? '`--rescue`' : '' }
    if (exitCode === 3) return { did: 'refused', words: 'exit 3' }
    throw new Error(`anneal node ${words.join(' ')} exited with ${exitCode}: ${stderr.trim().slice(-800)}`)
  }
  return {
    name: 'anneal',
    engine,
    about: '`anneal node upgrade`; where it refuses, again with `--rescue`; then `anneal node rollback`',
    start: (host, first) => host.must([engine, 'run', '--detach', ...byHandArguments(first)]),
    replace: (host, _next, endangered) =>
      act(host, 'upgrade', FILE, ...FLAGS, ...(endangered ? ['--rescue'] : [])),
    back: (host) => act(host, 'rollback'),
    clean: NOTHING,
  }
}

async function composeUp(host: ComputeHost, container: ByHand): Promise<Deed> {
  await host.sh(`cat >${COMPOSE}`, { input: composeText(arrangementOf(container)) })
  await host.must([COMPOSE_PROGRAM, '--project-name', 'nova', '--file', COMPOSE, 'up', '--detach'])
  return REPLACED
}

async function kollaDeploys(host: ComputeHost, container: ByHand): Promise<Deed> {
  await host.must(['docker', 'create', ...byHandArguments(container)])
  await host.sh(
    `cat >/etc/systemd/system/${UNIT}; systemctl daemon-reload; systemctl enable --quiet --now ${UNIT}`,
    {
      input: kollaUnit(CONTAINER),
    },
  )
  return REPLACED
}

async function retag(host: ComputeHost, image: string): Promise<void> {
  const [from, to] = [image, 'peer:now'].map((name) => arrangementOf({ name: CONTAINER, image: name }).image)
  await host.must(['podman', 'tag', from ?? '', to ?? ''])
}

async function autoUpdate(host: ComputeHost, image: string): Promise<Deed> {
  await retag(host, image)
  const said = await host.must(['podman', 'auto-update', '--format', '{{.Container}} {{.Updated}}'], {
    timeoutMs: 180_000 * host.patience,
  })
  if (!/ true\b/.test(said)) throw new Error(`podman auto-update: ${said}`)
  return REPLACED
}

async function quadlet(host: ComputeHost, container: ByHand): Promise<Deed> {
  const path = `/etc/containers/systemd/${CONTAINER}.container`
  await host.sh(
    `mkdir -p /etc/containers/systemd; cat >${path}; systemctl daemon-reload; systemctl restart ${CONTAINER}.service`,
    {
      input: quadletText(arrangementOf(container)),
      timeoutMs: 180_000 * host.patience,
    },
  )
  return REPLACED
}
