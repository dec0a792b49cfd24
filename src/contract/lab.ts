import type { BuiltImage } from './node/results.ts'

/** A lab of the test bed: machines to deploy, and the services that deploy them. */
export type LabSummary = Readonly<{
  name: string
  /** Debian suite whose OpenStack runs in a tree of its own; null where the machine's packages run. */
  suite: string | null
  directory: string
  /** Network namespace. */
  namespace: string
  /** Variables for the `openstack` client and for Anneal. */
  environment: Readonly<Record<string, string>>
  /** URLs by the name of the service. */
  endpoints: Readonly<Record<string, string>>
  /** Pid of each service; null where it does not run. */
  services: Readonly<Record<string, number | null>>
  nodes: readonly Readonly<{ name: string; power: 'on' | 'off' }>[]
}>

/** What `anneal lab up` has started. */
export type LabDocument = Readonly<{
  schema: 'anneal.lab/1'
  /** The machines as `anneal metal enroll` takes them; only of a lab with the conductor. */
  inventoryFile?: string
}> &
  LabSummary

/** What `anneal lab status` finds. */
export type LabStatusDocument = Readonly<{
  schema: 'anneal.lab-status/1'
  /** Everything that the test bed made. */
  directory: string
  /** Pid of the engine that runs compute hosts; null where it does not run. */
  engine: number | null
  hosts: readonly LabHost[]
  labs: readonly LabSummary[]
  /** Names of labs that did not come up whole. */
  broken: readonly string[]
}>

/** A compute host: a container or a virtual machine with an engine in it. */
export type LabHost = Readonly<{
  name: string
  /** Debian suite; absent: bookworm. */
  suite?: string
  /** `plain`: no systemd runs. */
  init: 'systemd' | 'plain'
  /** systemd-machined answers; absent: where systemd runs. */
  machined?: boolean
  /** Absent: as the machine's. */
  cgroups?: 'v2'
  engine: 'docker' | 'podman' | 'both'
  /** Names of images that its engines held from the start. */
  images: readonly string[]
  /** libvirt runs from Debian's packages. */
  ownLibvirt?: boolean | 'modular'
  /** Docker keeps containers running while its daemon is down. */
  liveRestore?: boolean
}>

/** What `anneal lab nodes` finds. */
export type LabNodesDocument = Readonly<{ schema: 'anneal.lab-nodes/1'; nodes: readonly LabNode[] }>

/** A virtual machine to deploy. */
export type LabNode = Readonly<{
  name: string
  uuid: string
  power: 'on' | 'off'
  /** What it boots next: `default` where nobody chose it. */
  boot: string
  mac: string
  /** The DHCP server of the lab keeps it for this machine. */
  address: string
  cpus: number
  memoryMiB: number
  diskGiB: number
  firmware: 'bios' | 'uefi'
  /** What is in the ROM of its network card; absent: iPXE. */
  networkRom?: 'ipxe' | 'nothing'
  /** Login of both controllers. The password is in that file. */
  bmc: Readonly<{ username: string; passwordFile: string }>
  ipmi: Readonly<{ address: string; port: number; cipherSuite: number }>
  redfish: Readonly<{ address: string; systemId: string }>
  /** How the conductor switches it; only of a lab with the conductor. */
  driver?: 'ipmi' | 'redfish'
  /** `direct`: the agent of Ironic writes its disk. */
  deploy?: 'direct'
  directory: string
  /** All that it ever wrote to its serial port. */
  consoleLog: string
  /** Unix socket of its serial port, while it is on. */
  consoleSocket: string
  /** Its disk, a raw file. */
  disk: string
}>

/** What `anneal lab env` prints. */
export type LabEnvironmentDocument = Readonly<{
  schema: 'anneal.lab-environment/1'
  environment: Readonly<Record<string, string>>
}>

/** Container images that `anneal lab images` built or found. */
export type LabImagesDocument = Readonly<{
  schema: 'anneal.lab-images/1'
  images: readonly BuiltImage[]
}>
