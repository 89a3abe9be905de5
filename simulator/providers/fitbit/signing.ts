/** Signatures and their keyset as Tink writes them: `0x01, key id, DER` over the body, ECDSA on P-256 with SHA-256. */

interface Signer {
  id: number;
  pair: CryptoKeyPair;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

export function createSigner() {
  let signers: Promise<Signer>[] = [make()];

  async function make(): Promise<Signer> {
    const id = new DataView(crypto.getRandomValues(new Uint8Array(4)).buffer).getUint32(0);
    return { id, pair: (await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as CryptoKeyPair };
  }

  return {
    /** A new key signs from now on; the one before it stays in the keyset. */
    rotate() {
      signers = [make(), ...signers].slice(0, 2);
    },
    async sign(body: string): Promise<string> {
      const { id, pair } = await signers[0]!;
      const raw = new Uint8Array(await crypto.subtle.sign(ALGORITHM, pair.privateKey, new TextEncoder().encode(body)));
      const prefix = new Uint8Array(5);
      prefix[0] = 1;
      new DataView(prefix.buffer).setUint32(1, id);
      return base64([...prefix, ...der(raw)]);
    },
    async keyset() {
      const key = await Promise.all(
        signers.map(async (signer) => {
          const { id, pair } = await signer;
          return {
            keyData: {
              typeUrl: "type.googleapis.com/google.crypto.tink.EcdsaPublicKey",
              value: await publicKey(pair.publicKey),
              keyMaterialType: "ASYMMETRIC_PUBLIC",
            },
            status: "ENABLED",
            keyId: id,
            outputPrefixType: "TINK",
          };
        }),
      );
      return { primaryKeyId: key[0]!.keyId, key };
    },
  };
}

const base64 = (bytes: Iterable<number>): string => btoa(String.fromCharCode(...bytes));

/** The protobuf message: hash, curve and encoding, then both coordinates with a leading zero. */
async function publicKey(key: CryptoKey): Promise<string> {
  const point = new Uint8Array((await crypto.subtle.exportKey("raw", key)) as ArrayBuffer);
  const coordinate = (tag: number, from: number) => [tag, 33, 0, ...point.slice(from, from + 32)];
  return base64([0x12, 6, 8, 3, 16, 2, 24, 2, ...coordinate(0x1a, 1), ...coordinate(0x22, 33)]);
}

/** r‖s → SEQUENCE of two INTEGERs. */
function der(raw: Uint8Array): number[] {
  const integer = (bytes: Uint8Array): number[] => {
    const digits = [...bytes];
    while (digits.length > 1 && digits[0] === 0 && digits[1]! < 0x80) digits.shift();
    if (digits[0]! >= 0x80) digits.unshift(0);
    return [0x02, digits.length, ...digits];
  };
  const both = [...integer(raw.slice(0, 32)), ...integer(raw.slice(32))];
  return [0x30, both.length, ...both];
}
