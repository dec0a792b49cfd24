import type { Conductor } from '../../app/conductor/index.ts'
import type { DriverName, MachineRecord } from '../../conductor/index.ts'

/** A node as Ironic shows it (https://docs.openstack.org/api-ref/baremetal/#show-node-details). */
export function nodeDocument(
  machine: MachineRecord,
  conductor: Conductor,
  url: string,
): Readonly<Record<string, unknown>> {
  const links = linksOf(url, 'nodes', machine.uuid)
  const isDeploying = machine.step?.startsWith('deploy.') === true
  return {
    uuid: machine.uuid,
    name: machine.name ?? null,
    driver: machine.driver,
    driver_info: machine.driverInfo,
    driver_internal_info: {
      ...(machine.heardAt === undefined ? {} : { agent_last_heartbeat: machine.heardAt }),
      ...written(conductor.writtenBytes(machine)),
      ...(machine.wiped === undefined ? {} : { anneal_wiped: machine.wiped }),
    },
    properties: { ...propertiesOf(machine), ...machine.properties },
    instance_info: machine.instanceInfo,
    extra: machine.extra,
    traits: machine.traits,
    resource_class: machine.resourceClass ?? null,
    instance_uuid: machine.instanceUuid ?? null,
    instance_name: machine.instanceName ?? null,
    owner: machine.owner ?? null,
    lessee: machine.lessee ?? null,
    description: machine.description ?? null,
    provision_state: machine.provisionState,
    target_provision_state: machine.targetProvisionState ?? null,
    provision_updated_at: machine.provisionUpdatedAt ?? null,
    power_state: machine.powerState ?? null,
    target_power_state: machine.targetPowerState ?? null,
    last_error: machine.lastError ?? null,
    maintenance: machine.maintenance,
    maintenance_reason: machine.maintenanceReason ?? null,
    fault: machine.fault ?? null,
    protected: machine.protected,
    protected_reason: machine.protectedReason ?? null,
    retired: false,
    retired_reason: null,
    shard: null,
    parent_node: null,
    disable_power_off: false,
    health: null,
    reservation: conductor.isWorking(machine) ? conductor.settings.host : null,
    conductor: conductor.settings.host,
    conductor_group: '',
    deploy_step: isDeploying ? stepOf(machine.step) : {},
    clean_step: {},
    service_step: {},
    raid_config: {},
    target_raid_config: {},
    console_enabled: machine.consoleEnabled === true,
    automated_clean: machine.automatedClean ?? null,
    allocation_uuid: null,
    chassis_uuid: null,
    inspection_finished_at: null,
    inspection_started_at: null,
    network_data: {},
    boot_mode: machine.report?.firmware ?? null,
    secure_boot: null,
    ...interfacesOf(machine),
    created_at: machine.createdAt,
    updated_at: machine.updatedAt,
    links,
    ports: linksOf(url, `nodes/${machine.uuid}`, 'ports'),
    states: linksOf(url, `nodes/${machine.uuid}`, 'states'),
    portgroups: linksOf(url, `nodes/${machine.uuid}`, 'portgroups'),
    volume: linksOf(url, `nodes/${machine.uuid}`, 'volume'),
  }
}

export function linksOf(url: string, what: string, name: string): readonly unknown[] {
  return [
    { href: `${url}/v1/${what}/${name}`, rel: 'self' },
    { href: `${url}/${what}/${name}`, rel: 'bookmark' },
  ]
}

/** What a machine said that it is made of, in Ironic’s names. */
function propertiesOf({ report }: MachineRecord): Readonly<Record<string, unknown>> {
  if (report === undefined) return {}
  const largest = Math.max(0, ...report.disks.map(({ sizeBytes }) => sizeBytes))
  return {
    cpu_arch: report.architecture,
    cpus: report.cpus,
    memory_mb: report.memoryMib,
    // A GiB less, for the config drive and what partitions lose, as Ironic counts it.
    local_gb: Math.max(0, Math.floor(largest / 2 ** 30) - 1),
  }
}

function interfacesOf({
  driver,
  deployInterface,
}: Pick<MachineRecord, 'driver' | 'deployInterface'>): Readonly<Record<string, string>> {
  return { ...fixedInterfaces(driver), deploy_interface: deployInterface }
}

/** Interfaces of a driver that have one implementation here: it may be named, and nothing changes. */
export function fixedInterfaces(driver: DriverName): Readonly<Record<string, string>> {
  const bmc = BMC_INTERFACE[driver]
  return {
    bios_interface: 'no-bios',
    boot_interface: 'ipxe',
    console_interface: CONSOLE_INTERFACE[driver],
    firmware_interface: 'no-firmware',
    inspect_interface: 'agent',
    management_interface: bmc,
    network_interface: 'noop',
    power_interface: bmc,
    raid_interface: 'no-raid',
    rescue_interface: 'no-rescue',
    storage_interface: 'noop',
    vendor_interface: 'no-vendor',
  }
}

/** Ironic’s own names are of consoles by TCP: this one is read over HTTP, from the conductor. */
const CONSOLE_INTERFACE = {
  ipmi: 'ipmitool-sol',
  redfish: 'no-console',
  'manual-management': 'no-console',
} as const

const BMC_INTERFACE = { ipmi: 'ipmitool', redfish: 'redfish', 'manual-management': 'noop' } as const

function written(bytes: number | undefined): Readonly<Record<string, number>> {
  return bytes === undefined || bytes === 0 ? {} : { anneal_written_bytes: bytes }
}

/** `deploy.write_image` as the members of Ironic’s step. */
function stepOf(step: string | undefined): Readonly<Record<string, unknown>> {
  const [side = '', name = ''] = (step ?? '').split('.')
  return { interface: side, step: name, priority: 100, args: {} }
}
