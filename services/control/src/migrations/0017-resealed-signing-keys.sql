-- After another sealing key came first, what an earlier one sealed is sealed anew: the key inside stays as it is.
grant update (sealed_private_key) on signing_keys to cmdop_tenant;
