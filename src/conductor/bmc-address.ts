/** How a machine is switched on and off, and what it boots next. Secrets are in it: it is never printed. */
export type BmcAddress =
  | Readonly<{
      kind: 'ipmi'
      host: string
      port: number
      username: string
      password: string
      /** As `ipmitool -C`; 3 and 17 are in use. Undefined: the better one that the controller takes. */
      cipherSuite?: number
      /** As `ipmitool -L`: the privilege level that the session asks for. */
      privilege: IpmiPrivilege
    }>
  | Readonly<{
      kind: 'redfish'
      /** `https://bmc.example` */
      url: string
      /** `/redfish/v1/Systems/1`; undefined where the service has exactly one. */
      systemPath?: string
      username: string
      password: string
      /** How to log in. `auto`: by HTTP basic authentication, and with a session where the service does not take that. */
      login: RedfishLogin
      /** `false`: any certificate is taken. A path: PEM file of the authorities to trust. */
      verify: boolean | string
    }>
  /** Somebody switches the machine by hand. It can be woken over the network, and that is all. */
  | Readonly<{ kind: 'wakeOnLan'; mac: string; broadcast: string }>

/** IPMI 2.0, 6.8. Sessions of a user whose level is lower are refused. */
export const IPMI_PRIVILEGES = ['CALLBACK', 'USER', 'OPERATOR', 'ADMINISTRATOR'] as const
export type IpmiPrivilege = (typeof IPMI_PRIVILEGES)[number]

export const REDFISH_LOGINS = ['auto', 'basic', 'session'] as const
export type RedfishLogin = (typeof REDFISH_LOGINS)[number]

/** What a machine boots the next time, once; or from then on. */
export type BootOrder = Readonly<{
  from: 'network' | 'disk'
  lasts: 'once' | 'always'
  firmware: Firmware
}>

export type Firmware = 'bios' | 'uefi'

/** `changing`: somebody is switching it at this moment. */
export type PowerState = 'on' | 'off' | 'changing' | 'unknown'
