import type { MachineReport, Members, PortRecord } from '../../conductor/index.ts'

/**
 * What a machine is made of, as Ironic's inspection by its agent shows it (https://docs.openstack.org/api-ref/baremetal/#show-node-inventory).
 * `all_interfaces` and `parsed_lldp` are what metal3 reads.
 */
export function inventoryDocument(report: MachineReport, ports: readonly PortRecord[]): Members {
  const boots = new Map(ports.map(({ address, pxeEnabled }) => [address, pxeEnabled]))
  const byName = (of: (nic: MachineReport['nics'][number]) => Members | undefined): Members =>
    Object.fromEntries(
      report.nics.flatMap((nic) => {
        const value = of(nic)
        return value === undefined ? [] : [[nic.name, value] as const]
      }),
    )
  return {
    inventory: inventoryOf(report),
    plugin_data: {
      all_interfaces: byName((nic) => ({
        ...interfaceOf(nic),
        pxe_enabled: boots.get(nic.mac) === true,
      })),
      parsed_lldp: byName(({ lldp }) =>
        lldp === undefined
          ? undefined
          : {
              switch_chassis_id: lldp.switchId ?? null,
              switch_port_id: lldp.portId ?? null,
              switch_port_description: lldp.portDescription ?? null,
              switch_system_name: lldp.switchName ?? null,
            },
      ),
      anneal_contents: report.contents ?? null,
      anneal_lldp: Object.fromEntries(report.nics.map(({ mac, lldp }) => [mac, lldp ?? null])),
      anneal_erase: Object.fromEntries(report.disks.map(({ name, eraseWays }) => [name, eraseWays ?? null])),
    },
  }
}

function interfaceOf({ mac, name, carrier, speedMbit }: MachineReport['nics'][number]): Members {
  return { name, mac_address: mac, has_carrier: carrier, speed_mbps: speedMbit ?? null }
}

function inventoryOf(report: MachineReport): Members {
  return {
    boot: { current_boot_mode: report.firmware },
    cpu: { architecture: report.architecture, count: report.cpus },
    memory: { physical_mb: report.memoryMib },
    interfaces: report.nics.map(interfaceOf),
    disks: report.disks.map((disk) => ({
      name: `/dev/${disk.name}`,
      size: disk.sizeBytes,
      rotational: disk.rotational,
      serial: disk.serial ?? null,
      wwn: disk.wwn ?? null,
      model: disk.model ?? null,
      vendor: disk.vendor ?? null,
      hctl: disk.hctl ?? null,
      by_path: disk.byPath ?? null,
    })),
  }
}
