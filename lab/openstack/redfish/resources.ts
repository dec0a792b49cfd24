/**
 * What a Redfish service says of the virtual machines: the parts of DMTF DSP0266 1.7 and DSP8010 (ComputerSystem 1.10,
 * Manager, VirtualMedia, Processor, EthernetInterface, SimpleStorage, Storage, Drive) that a deployer reads. No sessions, no events, no
 * tasks, no BIOS settings.
 */

/** A machine as its Redfish service shows it. Sizes in binary units. */
export type RedfishMachine = Readonly<{
  id: string
  name: string
  cpus: number
  memoryMiB: number
  diskGiB: number
  mac: string
  firmware: 'bios' | 'uefi'
  isOn: boolean
  boot: BootOverride
  /** URL of the image in the virtual CD drive. */
  media: string | undefined
}>

export type BootOverride = Readonly<{ target: BootTarget; enabled: 'Disabled' | 'Once' | 'Continuous' }>

/** Redfish's boot targets, and the chassis' words for them. */
export const BOOT_TARGETS = { None: 'default', Hdd: 'default', Pxe: 'pxe', Cd: 'cdrom' } as const
export type BootTarget = keyof typeof BOOT_TARGETS

export const RESET_TYPES = ['On', 'ForceOff', 'GracefulShutdown', 'ForceRestart', 'GracefulRestart'] as const
export type ResetType = (typeof RESET_TYPES)[number]

type Resource = Readonly<Record<string, unknown>>

const ROOT = '/redfish/v1'

export function systemPath(id: string): string {
  return `${ROOT}/Systems/${id}`
}

/** Every resource by its path, without a slash at the end. */
export function resources(machines: readonly RedfishMachine[]): ReadonlyMap<string, Resource> {
  return new Map(
    [serviceRoot(), ...collections(machines), ...machines.flatMap(machineResources)].map((one) => [
      String(one['@odata.id']),
      one,
    ]),
  )
}

function serviceRoot(): Resource {
  return resource(ROOT, '#ServiceRoot.v1_5_0.ServiceRoot', {
    Id: 'RootService',
    Name: 'Test bed',
    RedfishVersion: '1.7.0',
    Systems: link(`${ROOT}/Systems`),
    Managers: link(`${ROOT}/Managers`),
  })
}

function collections(machines: readonly RedfishMachine[]): readonly Resource[] {
  return [
    collection(
      `${ROOT}/Systems`,
      'ComputerSystem',
      machines.map(({ id }) => systemPath(id)),
    ),
    collection(
      `${ROOT}/Managers`,
      'Manager',
      machines.map(({ id }) => managerPath(id)),
    ),
  ]
}

function machineResources(machine: RedfishMachine): readonly Resource[] {
  const system = systemPath(machine.id)
  const manager = managerPath(machine.id)
  return [
    computerSystem(machine),
    collection(`${system}/Processors`, 'Processor', [`${system}/Processors/CPU0`]),
    resource(`${system}/Processors/CPU0`, '#Processor.v1_0_0.Processor', {
      Id: 'CPU0',
      Name: 'Processor',
      ProcessorType: 'CPU',
      ProcessorArchitecture: 'x86',
      InstructionSet: 'x86-64',
      TotalCores: machine.cpus,
      TotalThreads: machine.cpus,
      Status: ENABLED,
    }),
    collection(`${system}/EthernetInterfaces`, 'EthernetInterface', [`${system}/EthernetInterfaces/NIC0`]),
    resource(`${system}/EthernetInterfaces/NIC0`, '#EthernetInterface.v1_4_0.EthernetInterface', {
      Id: 'NIC0',
      Name: 'Network card',
      MACAddress: machine.mac,
      PermanentMACAddress: machine.mac,
      Status: ENABLED,
    }),
    collection(`${system}/SimpleStorage`, 'SimpleStorage', [`${system}/SimpleStorage/0`]),
    resource(`${system}/SimpleStorage/0`, '#SimpleStorage.v1_2_0.SimpleStorage', {
      Id: '0',
      Name: 'Disk controller',
      Devices: [{ Name: 'disk0', CapacityBytes: machine.diskGiB * 2 ** 30, Status: ENABLED }],
    }),
    ...storage(machine),
    resource(manager, '#Manager.v1_3_0.Manager', {
      Id: machine.id,
      Name: `Manager of ${machine.name}`,
      ManagerType: 'BMC',
      Status: ENABLED,
      VirtualMedia: link(`${manager}/VirtualMedia`),
      Links: { ManagerForServers: [link(system)] },
    }),
    collection(`${manager}/VirtualMedia`, 'VirtualMedia', [virtualMediaPath(machine.id)]),
    virtualMedia(machine),
  ]
}

function computerSystem(machine: RedfishMachine): Resource {
  const path = systemPath(machine.id)
  return resource(path, '#ComputerSystem.v1_10_0.ComputerSystem', {
    Id: machine.id,
    Name: machine.name,
    UUID: machine.id,
    SystemType: 'Virtual',
    Manufacturer: 'QEMU',
    PowerState: machine.isOn ? 'On' : 'Off',
    Status: ENABLED,
    Boot: {
      BootSourceOverrideEnabled: machine.boot.enabled,
      BootSourceOverrideTarget: machine.boot.target,
      'BootSourceOverrideTarget@Redfish.AllowableValues': Object.keys(BOOT_TARGETS),
      BootSourceOverrideMode: bootMode(machine.firmware),
    },
    ProcessorSummary: { Count: machine.cpus, Status: ENABLED },
    MemorySummary: { TotalSystemMemoryGiB: machine.memoryMiB / 1024, Status: ENABLED },
    Processors: link(`${path}/Processors`),
    EthernetInterfaces: link(`${path}/EthernetInterfaces`),
    SimpleStorage: link(`${path}/SimpleStorage`),
    Storage: link(`${path}/Storage`),
    Links: { ManagedBy: [link(managerPath(machine.id))] },
    Actions: {
      '#ComputerSystem.Reset': {
        target: `${path}/Actions/ComputerSystem.Reset`,
        'ResetType@Redfish.AllowableValues': RESET_TYPES,
      },
    },
  })
}

/** Ironic 29 inspects no machine that lacks these, though SimpleStorage says the same. */
function storage(machine: RedfishMachine): readonly Resource[] {
  const path = `${systemPath(machine.id)}/Storage`
  const drive = `${path}/0/Drives/0`
  const volumes = `${path}/0/Volumes`
  return [
    collection(path, 'Storage', [`${path}/0`]),
    resource(`${path}/0`, '#Storage.v1_8_0.Storage', {
      Id: '0',
      Name: 'Disk controller',
      Drives: [link(drive)],
      Volumes: link(volumes),
      Status: ENABLED,
    }),
    resource(drive, '#Drive.v1_9_0.Drive', {
      Id: '0',
      Name: 'disk0',
      CapacityBytes: machine.diskGiB * 2 ** 30,
      MediaType: 'HDD',
      Status: ENABLED,
    }),
    collection(volumes, 'Volume', []),
  ]
}

function virtualMedia(machine: RedfishMachine): Resource {
  const path = virtualMediaPath(machine.id)
  return resource(path, '#VirtualMedia.v1_2_0.VirtualMedia', {
    Id: 'Cd',
    Name: 'Virtual CD',
    MediaTypes: ['CD', 'DVD'],
    Inserted: machine.media !== undefined,
    Image: machine.media ?? '',
    ImageName: machine.media?.replace(/^.*\//, '') ?? '',
    ConnectedVia: machine.media === undefined ? 'NotConnected' : 'URI',
    WriteProtected: true,
    Actions: {
      '#VirtualMedia.InsertMedia': { target: `${path}/Actions/VirtualMedia.InsertMedia` },
      '#VirtualMedia.EjectMedia': { target: `${path}/Actions/VirtualMedia.EjectMedia` },
    },
  })
}

export function bootMode(firmware: RedfishMachine['firmware']): 'UEFI' | 'Legacy' {
  return firmware === 'uefi' ? 'UEFI' : 'Legacy'
}

/** As DSP0266, 9.4 (error responses). */
export function errorBody(message: string): Resource {
  return {
    error: { code: 'Base.1.0.GeneralError', message, '@Message.ExtendedInfo': [{ Message: message }] },
  }
}

const ENABLED = { State: 'Enabled', Health: 'OK' } as const

function managerPath(id: string): string {
  return `${ROOT}/Managers/${id}`
}

function virtualMediaPath(id: string): string {
  return `${managerPath(id)}/VirtualMedia/Cd`
}

function link(path: string): Resource {
  return { '@odata.id': path }
}

function resource(path: string, type: string, properties: Resource): Resource {
  return { '@odata.id': path, '@odata.type': type, ...properties }
}

function collection(path: string, kind: string, members: readonly string[]): Resource {
  return resource(path, `#${kind}Collection.${kind}Collection`, {
    Name: `${kind} collection`,
    Members: members.map(link),
    'Members@odata.count': members.length,
  })
}
