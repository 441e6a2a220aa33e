// What a shop has to know of Nightsafe: all of it is public.

export interface ShopConfig {
  readonly port: number;
  /** Site name, as in the receipts */
  readonly site: string;
  /** Verifier key of the receipts, from the key manifest */
  readonly receiptKey: string;
  /** Origin that the frame comes from */
  readonly fields: string;
  /** The pinned element script; its integrity is a hash, and the keys that may have signed it */
  readonly element: { readonly src: string; readonly integrity: string };
  /** Folder of the shop's pages */
  readonly pages: string;
  /** File of the order book */
  readonly orders: string;
}
