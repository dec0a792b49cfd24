import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Helper } from '../guests/index.ts'
import type { Container } from '../container.ts'
import type { Finding } from '../finding.ts'
import { LABELS } from '../release/index.ts'
import { examine } from './doctor.ts'
import type { DoctorInput } from './doctor.ts'
import { GUEST, HEALTHY, IDENTITY, LIBVIRT } from './fixtures/healthy-node.ts'

const examined = (changes: Partial<DoctorInput>): readonly Finding[] => examine({ ...HEALTHY, ...changes })

// What `docker inspect` says of a node deployed by kolla-ansible 18 (2024.1), reduced to the keys that matter.
type Inspect = Readonly<{
  Id: string
  Name: string
  State: { Status: Container['status']; Pid: number }
  Image: string
  HostConfig: {
    Privileged: boolean
    PidMode: string
    CgroupnsMode: 'host' | 'private'
    NetworkMode: string
    RestartPolicy: { Name: Container['restartPolicy'] }
  }
  Config: {
    Image: string
    Entrypoint: string[]
    Cmd: string[]
    Env: string[]
    Labels: Record<string, string>
  }
  Mounts: { Type: 'bind' | 'volume'; Name?: string; Source: string; Destination: string; RW: boolean }[]
}>

function kollaNode(): readonly Container[] {
  const file = new URL('fixtures/kolla-inspect.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as Inspect[]).map((inspect) => ({
    ...LIBVIRT,
    id: inspect.Id,
    name: inspect.Name.slice(1),
    status: inspect.State.Status,
    pid: inspect.State.Pid,
    imageId: inspect.Image,
    image: inspect.Config.Image,
    labels: inspect.Config.Labels,
    privileged: inspect.HostConfig.Privileged,
    pidMode: inspect.HostConfig.PidMode === 'host' ? 'host' : 'private',
    cgroupnsMode: inspect.HostConfig.CgroupnsMode,
    networkMode: inspect.HostConfig.NetworkMode,
    restartPolicy: inspect.HostConfig.RestartPolicy.Name,
    environmentNames: inspect.Config.Env.map((entry) => entry.split('=')[0] ?? ''),
    entrypoint: inspect.Config.Entrypoint,
    command: inspect.Config.Cmd,
    mounts: inspect.Mounts.map(({ Type, Name, Source, Destination, RW }) => ({
      type: Type,
      source: Type === 'volume' ? (Name ?? '') : Source,
      target: Destination,
      readOnly: !RW,
    })),
  }))
}

test('a node deployed by Kolla is recognised, and its mistakes are reported', () => {
  const virtlogd: Helper = {
    kind: 'virtlogd',
    name: 'virtlogd',
    identity: { ...IDENTITY, pid: 4290 },
    guests: [],
    ownerContainer: '6f1d2c7a9be04d0f8f8c1a25f3f7f1f0d2a1b7c49f1d43b5aa7c4c0d6f0e1a11',
  }
  const node: Partial<DoctorInput> = {
    engine: { ...HEALTHY.engine, stopsContainersWithDaemon: true },
    containers: kollaNode(),
    census: {
      guests: [{ ...GUEST, ownerContainer: virtlogd.ownerContainer ?? '' }],
      helpers: [virtlogd],
      stale: [],
    },
  }
  assert.deepEqual(
    examined(node).map((one) => `${one.severity} ${one.code} ${one.subject}`),
    [
      'warn BIND_MISSING nova_libvirt',
      'warn VIRTLOGD_INSIDE nova_libvirt',
      'warn PRIVILEGED_WITHOUT_HOST_PID nova_compute',
      'warn PRIVILEGED_WITHOUT_HOST_PID neutron_openvswitch_agent',
      'warn SECRET_IN_ENVIRONMENT prometheus_libvirt_exporter',
      'warn LIVE_RESTORE_OFF docker',
      'info KOLLA_RECOGNISED node',
    ],
  )
  const kolla = examined(node).at(-1)
  assert.match(kolla?.evidence ?? '', /^5 containers .*; Kolla 18\.1\.0; images of 20240409$/)
})

test('a Kolla node without the cgroup bind (as in Wallaby) gets a finding with what kills its guests', () => {
  const containers = kollaNode().map((container) => ({
    ...container,
    mounts: container.mounts.filter((mount) => mount.target !== '/sys/fs/cgroup'),
  }))
  const [first] = examined({ containers })
  assert.deepEqual(
    [first?.severity, first?.code, first?.subject],
    ['refuse', 'CGROUP_BIND_MISSING', 'nova_libvirt'],
  )
})

test('no value of an environment reaches a finding', () => {
  assert.doesNotMatch(JSON.stringify(examined({ containers: kollaNode() })), /not-to-be-told/)
})

test('containers that Anneal made of Kolla’s images are not Kolla’s', () => {
  const containers = kollaNode().map((container) => ({
    ...container,
    labels: { ...container.labels, [LABELS.project]: 'compute' },
  }))
  assert.ok(!examined({ containers }).some(({ code }) => code === 'KOLLA_RECOGNISED'))
})
