/**
 * Tags that stand for features of an application in Entra's portal. Source: terraform-provider-azuread,
 * internal/helpers/applications/applications.go (FlattenFeatures).
 *
 * @module
 */
import { shown, type Value } from "../values.js";

const SINGLE_SIGN_ON = "windowsazureactivedirectorycustomsinglesignonapplication";
const ENTERPRISE = "windowsazureactivedirectoryintegratedapp";
const GALLERY = "windowsazureactivedirectorygalleryapplicationnonprimaryv1";
const HIDDEN = "hideapp";

function has(tags: Value, wanted: string): boolean {
  return Array.isArray(tags) && (tags as readonly Value[]).some((tag) => shown(tag).toLowerCase() === wanted);
}

/** Output `featureTags`. */
export function featureTags(tags: Value): Value {
  return [
    {
      customSingleSignOn: has(tags, SINGLE_SIGN_ON),
      enterprise: has(tags, ENTERPRISE),
      gallery: has(tags, GALLERY),
      hide: has(tags, HIDDEN),
    },
  ];
}

/** Output `features`, its older form. */
export function features(tags: Value): Value {
  return [
    {
      customSingleSignOnApp: has(tags, SINGLE_SIGN_ON),
      enterpriseApplication: has(tags, ENTERPRISE),
      galleryApplication: has(tags, GALLERY),
      visibleToUsers: !has(tags, HIDDEN),
    },
  ];
}
