import type { Flavor, Networks, Server } from '../metal/index.ts'

/** The service that hands out machines as servers: Nova. Each call throws the adapter's own errors. */
export interface Compute {
  /** By id or name; throws where there is none or there are several. */
  flavor(nameOrId: string): Promise<Flavor>
  /** Servers of this project that carry a mark among their metadata, oldest first. */
  marked(name: string, value: string): Promise<readonly Server[]>
  /** Undefined where there is none of that id, as far as one may see. */
  server(id: string): Promise<Server | undefined>
  /** Asks for a server and does not wait for it; gives its id. */
  createServer(spec: ServerSpec): Promise<string>
  /** Asks for its end and does not wait for it; also where it is gone already. */
  removeServer(id: string): Promise<void>
  startServer(id: string): Promise<void>
  /** Whether there is a key pair of this name. */
  hasKey(name: string): Promise<boolean>
  /** Registers a public key; nothing where the name is taken already. */
  keepKey(name: string, publicKey: string): Promise<void>
}

export type ServerSpec = Readonly<{
  name: string
  image: string
  flavor: string
  /** Uuid of the node of Ironic that it shall be. */
  node: string
  networks: Networks
  key?: string
  configDrive: 'wanted' | 'notWanted'
  /** As text. */
  userData?: string
  metadata: Readonly<Record<string, string>>
  /** What must not come back in an error. */
  secrets: readonly string[]
}>
