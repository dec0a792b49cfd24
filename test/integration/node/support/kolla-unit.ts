import type { ComputeNode } from './compute-node.ts'

/**
 * The unit that Kolla writes for a container.
 * https://opendev.org/openstack/kolla-ansible: ansible/module_utils/kolla_systemd_worker.py
 */
export function kollaUnit(container: string): string {
  return `[Unit]
Description=docker ${container}
After=docker.service
Requires=docker.service
StartLimitIntervalSec=120
StartLimitBurst=10

[Service]
ExecStart=/usr/bin/docker start -a ${container}
ExecStop=/usr/bin/docker stop ${container} -t 60
Restart=always
RestartSec=11
SuccessExitStatus=143

[Install]
WantedBy=multi-user.target
`
}

/** State, `Restart=` and file state of a unit, as systemd says. */
export async function unitState(node: ComputeNode, unit: string): Promise<readonly string[]> {
  const show = (property: string): Promise<string> =>
    node.host.must(['systemctl', 'show', '--value', `--property=${property}`, unit])
  const values = await Promise.all(['ActiveState', 'Restart', 'UnitFileState'].map(show))
  return values.map((value) => value.trim())
}
