{# USES_VARIABLES { N } #}
{# Each neuron has a place of its own where it says whether it spikes: a common list would make all that do wait for
   one counter, and be in another order every time. Only the reset reads it. #}
{% extends 'common_group.cu' %}
{% block kernel_maincode %}
    ///// scalar_code /////
    {{scalar_code|autoindent}}

    {
        ///// vector_code /////
        {{vector_code|autoindent}}
        {{get_array_name(eventspace_variable)}}[_idx] = _cond ? _idx : -1;
    }
{% endblock %}
